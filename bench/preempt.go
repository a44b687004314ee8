// How long long loops keep their threads from others: a loop on each P that calls nothing, beside it a goroutine that
// yields, sleeps, stops the world and collects. Prints the counts; with "-v" as its argument also percentiles.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"sync/atomic"
	"time"
)

var stop atomic.Bool

// loop calls nothing: only preemption takes its thread away.
func loop(sum *uint64) {
	x := uint64(1)
	for !stop.Load() {
		for i := 0; i < 1_000_000_000 && !stop.Load(); i++ {
			x = x*6364136223846793005 + 1442695040888963407
		}
	}
	*sum = x
}

// measure says what each of n calls of f took, in ascending order.
func measure(n int, f func()) []time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		f()
		took[i] = time.Since(start)
	}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	return took
}

func report(what string, took []time.Duration) {
	n := len(took)
	fmt.Println(what, n)
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, what, "p50", took[n/2], "p99", took[n*99/100], "max", took[n-1])
	}
}

func main() {
	sums := make([]uint64, runtime.GOMAXPROCS(0))
	done := make(chan bool)
	for i := range sums {
		go func() {
			loop(&sums[i])
			done <- true
		}()
	}
	time.Sleep(50 * time.Millisecond) // all loops run
	report("yield", measure(100, runtime.Gosched))
	report("sleep", measure(100, func() { time.Sleep(time.Microsecond) }))
	report("stop", measure(200, func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
	}))
	report("collect", measure(50, runtime.GC))
	stop.Store(true)
	for range sums {
		<-done
	}
}
