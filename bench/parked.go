// Hold 1,000,000 goroutines parked at once, each waiting for the same channel.
package main

func main() {
	const n = 1000000
	started, stop, out := make(chan bool, 1024), make(chan bool), make(chan int, 1024)
	for i := 0; i < n; i++ {
		go func() {
			started <- true
			<-stop
			out <- i & 1
		}()
	}
	for i := 0; i < n; i++ {
		<-started
	}
	close(stop)
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-out
	}
	println(sum)
}
