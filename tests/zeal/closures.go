package main

func grow(n int) int {
	var a [64]int
	a[n%64] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + a[n%64] - n
}

func main() {
	done := make(chan int)
	for g := 0; g < 20; g++ {
		go func() {
			x, y := 0, [5]int{1, 2, 3, 4, 5}
			f := func(n int) { x += n; y[n%5]++; grow(200); x -= n - 1 }
			p := &y[2]
			for i := 0; i < 50; i++ {
				f(i)
				defer func() { *p++ }()
				for _, z := range y {
					x += z & 1
				}
			}
			func() {
				q := &x
				grow(1000)
				*q += *p
			}()
			done <- x
		}()
	}
	s := 0
	for g := 0; g < 20; g++ {
		s += <-done
	}
	println(s)
}
