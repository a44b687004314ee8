// Stacks grow with a deep recursion and shrink again at later collections: of goroutines that wait, of those that wait
// in a channel (they do it themselves later), and of those that run.
package main

import "runtime"

//go:noinline
func deep(n int, p *int) int {
	var pad [20]int
	pad[n%20] = n
	if n == 0 {
		return *p
	}
	return deep(n-1, p) + pad[n%20] - n
}

func stacks() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}

func main() {
	const gs = 20
	before := stacks()
	in, out := make(chan int), make(chan int)
	for i := 0; i < gs; i++ {
		go func() {
			x := i
			sum := deep(5000, &x)
			out <- 0
			for v := range in {
				select {
				case out <- sum + x - 2*i + v + deep(3, &x) - x:
				}
			}
			out <- -1
		}()
	}
	for i := 0; i < gs; i++ {
		<-out
	}
	grown := stacks() - before
	for round := 0; round < 20; round++ {
		runtime.GC()
		for i := 0; i < gs; i++ {
			in <- round
			if v := <-out; v != round {
				println("wrong:", v, round)
			}
		}
	}
	shrunk := stacks() - before
	println("grown by more than half a megabyte each:", grown > gs<<19)
	println("shrunk to a tenth:", shrunk < grown/10)
	close(in)
	for i := 0; i < gs; i++ {
		<-out
	}
}
