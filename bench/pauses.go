// Pauses of the collector with much to mark and many goroutines: LIVE megabytes of live small objects and PARKED goroutines
// that wait, while two others make garbage for some seconds. With arguments (megabytes, goroutines, seconds) it prints the stops
// of the world as the runtime counts them (runtime/metrics).
package main

import (
	"fmt"
	"os"
	"runtime/metrics"
	"strconv"
	"time"
)

type node struct {
	left, right *node
	pad         [6]int
}

func tree(n int) *node {
	if n == 0 {
		return nil
	}
	n--
	return &node{left: tree(n / 2), right: tree(n - n/2)}
}

var sink *node

func arg(i, standard int) int {
	if len(os.Args) > i {
		if n, err := strconv.Atoi(os.Args[i]); err == nil {
			return n
		}
	}
	return standard
}

// quantile returns the upper bound of the bucket that holds the q-th part.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	total := uint64(0)
	for _, c := range h.Counts {
		total += c
	}
	seen := uint64(0)
	for i, c := range h.Counts {
		seen += c
		if c > 0 && float64(seen) >= q*float64(total) {
			return h.Buckets[i+1]
		}
	}
	return 0
}

func main() {
	live, parked, seconds := arg(1, 64), arg(2, 1000), arg(3, 1)
	root := tree(live << 20 / 64)
	gate := make(chan int)
	for i := 0; i < parked; i++ {
		go func() { <-gate }()
	}
	stop := time.Now().Add(time.Duration(seconds) * time.Second)
	done := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			n := 0
			for time.Now().Before(stop) {
				for j := 0; j < 10_000; j++ {
					n++
					sink = &node{}
				}
			}
			done <- n
		}()
	}
	n := <-done + <-done
	s := []metrics.Sample{
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/memory/classes/total:bytes"},
	}
	metrics.Read(s)
	if len(os.Args) == 1 {
		fmt.Println("done")
		return
	}
	h := s[0].Value.Float64Histogram()
	fmt.Printf("cycles %d, p50 %.3f ms, p99 %.3f ms, max %.3f ms, %d million objects, %d MB in all\n",
		s[1].Value.Uint64(), quantile(h, 0.5)*1e3, quantile(h, 0.99)*1e3, quantile(h, 1)*1e3,
		n/1_000_000, s[2].Value.Uint64()>>20)
	if root == nil {
		panic("no tree")
	}
	close(gate)
}
