// A pipeline of goroutines: each stage reads a channel and writes the next one. `select` with a timeout-like
// quit channel ends them all.
package main

func numbers(out chan<- int, quit <-chan struct{}) {
	for i := 1; ; i++ {
		select {
		case out <- i:
		case <-quit:
			close(out)
			return
		}
	}
}

func square(in <-chan int, out chan<- int) {
	for n := range in {
		out <- n * n
	}
	close(out)
}

func main() {
	quit := make(chan struct{})
	a, b := make(chan int), make(chan int, 4)
	go numbers(a, quit)
	go square(a, b)
	sum := 0
	for n := range b {
		sum += n
		if n >= 100*100 {
			break
		}
	}
	close(quit)
	println("sum of squares up to 100:", sum)
}
