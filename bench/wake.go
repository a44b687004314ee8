// How long a woken goroutine waits until it runs, with full run queues and with a collection under way: prints
// the number of wake-ups; with "-v" as its argument also percentiles in microseconds.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"time"
)

type node struct {
	left, right *node
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

var sink *node

func measure(n int) []time.Duration {
	waits := make([]time.Duration, 0, n)
	wake, back := make(chan time.Time), make(chan time.Duration)
	go func() {
		for at := range wake {
			back <- time.Since(at)
		}
	}()
	for i := 0; i < n; i++ {
		time.Sleep(50 * time.Microsecond)
		wake <- time.Now()
		waits = append(waits, <-back)
	}
	close(wake)
	sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
	return waits
}

func report(what string, waits []time.Duration) {
	n := len(waits)
	fmt.Println(what, n)
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, what, "p50", waits[n/2], "p99", waits[n*99/100], "max", waits[n-1])
	}
}

func main() {
	const n = 2000
	report("quiet", measure(n))
	stop := false
	done := make(chan bool)
	const busy = 64
	for i := 0; i < busy; i++ {
		go func() {
			for !stop {
				for j := 0; j < 20000; j++ {
					_ = j * j
				}
				runtime.Gosched()
			}
			done <- true
		}()
	}
	report("queues", measure(n))
	stop = true
	for i := 0; i < busy; i++ {
		<-done
	}
	keep := tree(20)
	stop = false
	go func() {
		for !stop {
			sink = tree(12)
		}
		done <- true
	}()
	report("collector", measure(n))
	stop = true
	<-done
	runtime.KeepAlive(keep)
}
