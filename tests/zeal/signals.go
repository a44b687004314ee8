// Signals that a Go program does not ask for and does not heed, and system calls in every thread.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	own := os.Getpid()
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGIO, 40} {
		syscall.Kill(own, sig)
	}
	time.Sleep(time.Millisecond)
	fmt.Println("alive")

	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	for range 1000 {
		syscall.Kill(own, syscall.SIGUSR1)
	}
	fmt.Println(<-c)
	signal.Stop(c)
	syscall.Kill(own, syscall.SIGUSR1)
	time.Sleep(time.Millisecond)
	fmt.Println("still alive")

	// Each goroutine has a thread of its own, which is to keep its capabilities.
	const set, get = 8, 7 // PR_SET_KEEPCAPS, PR_GET_KEEPCAPS
	results := make(chan uintptr)
	started, changed := make(chan bool), make(chan bool)
	for range 3 {
		go func() {
			runtime.LockOSThread()
			started <- true
			<-changed
			kept, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, get, 0, 0)
			results <- kept
		}()
	}
	for range 3 {
		<-started
	}
	_, _, errno := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, set, 1, 0)
	fmt.Println(errno)
	close(changed)
	fmt.Println(<-results, <-results, <-results)
	_, _, errno = syscall.AllThreadsSyscall(syscall.SYS_CLOSE, 1<<20, 0, 0)
	fmt.Println(errno)
}
