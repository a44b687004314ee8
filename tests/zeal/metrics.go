// What runtime/metrics counts of the scheduler: latencies, stops of the world, waits for mutexes.
package main

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
)

var names = []string{
	"/sched/latencies:seconds",
	"/sched/pauses/stopping/gc:seconds",
	"/sched/pauses/stopping/other:seconds",
	"/sched/pauses/total/gc:seconds",
	"/sched/pauses/total/other:seconds",
}

func read() (counts map[string]uint64, waited float64) {
	samples := make([]metrics.Sample, len(names)+1)
	for i, name := range append(names, "/sync/mutex/wait/total:seconds") {
		samples[i].Name = name
	}
	metrics.Read(samples)
	counts = map[string]uint64{}
	for _, s := range samples[:len(names)] {
		for _, n := range s.Value.Float64Histogram().Counts {
			counts[s.Name] += n
		}
	}
	return counts, samples[len(names)].Value.Float64()
}

func contend() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			for j := 0; j < 100; j++ {
				mu.Lock()
				runtime.Gosched()
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func main() {
	before, waitedBefore := read()
	contend()
	for i := 0; i < 5; i++ {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
	}
	after, waited := read()
	// Only some goroutines' waits are measured: the first ones may be none of them.
	for i := 0; i < 100 && waited <= waitedBefore; i++ {
		contend()
		_, waited = read()
	}
	for _, name := range names {
		least := uint64(5)
		if n := after[name] - before[name]; n < least {
			fmt.Println(name, "counted", n)
		}
	}
	for _, who := range []string{"gc", "other"} {
		stopping, total := after["/sched/pauses/stopping/"+who+":seconds"], after["/sched/pauses/total/"+who+":seconds"]
		// The total is read later, and counted later.
		if stopping > total+1 {
			fmt.Println(who, "stops:", stopping, total)
		}
	}
	if waited <= waitedBefore {
		fmt.Println("no wait for a mutex:", waitedBefore, waited)
	}
	fmt.Println("done")
}
