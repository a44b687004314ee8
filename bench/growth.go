// 100,000 short goroutines, each of which calls itself 1,000 deep.
package main

func depth(n int, p *int) int {
	var local [4]int
	local[n&3] = n
	if n == 0 {
		return *p
	}
	return depth(n-1, &local[n&3]) + local[(n+1)&3]
}

func main() {
	out := make(chan int, 64)
	const n = 100000
	go func() {
		for i := 0; i < n; i++ {
			go func() {
				x := i
				out <- depth(1000, &x)
			}()
		}
	}()
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-out
	}
	println(sum)
}
