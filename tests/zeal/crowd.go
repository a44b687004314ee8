// Queues that are nearly full on every P, while each P takes from the others.
package main

import "runtime"

func crowd(n int, done chan<- int) {
	inner := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			for j := 0; j < 5; j++ {
				runtime.Gosched()
			}
			inner <- i
		}()
	}
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-inner
	}
	done <- sum
}

func main() {
	done := make(chan int)
	for i := 0; i < 4; i++ {
		go crowd(400, done)
	}
	sum := 0
	for i := 0; i < 4; i++ {
		sum += <-done
	}
	println("sum", sum)
}
