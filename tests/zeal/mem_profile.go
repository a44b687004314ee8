package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
)

// The memory profile finds who allocated what, and what of it is in use, while stacks move and collections run.

type node struct {
	next *node
	data [6]int
}

var (
	mu   sync.Mutex
	kept []*node
	sink []byte
)

func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

//go:noinline
func keeps(n int) {
	for range n {
		mu.Lock()
		kept = append(kept, new(node))
		mu.Unlock()
	}
}

//go:noinline
func drops(n int) {
	for range n {
		b := make([]byte, 600)
		mu.Lock()
		sink = b
		mu.Unlock()
	}
}

//go:noinline
func large(n int) {
	for range n {
		mu.Lock()
		sink = make([]byte, 100_000)
		mu.Unlock()
	}
}

// allocator returns the function that allocated: what package runtime calls by itself may stand first.
func allocator(stack []uintptr) string {
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		if !more || !strings.HasPrefix(frame.Function, "runtime.") {
			return frame.Function
		}
	}
}

func main() {
	runtime.MemProfileRate = 512
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			deep(50, func() { keeps(3000) })
			deep(20, func() { drops(3000) })
			deep(70, func() { large(20) })
		})
	}
	wg.Wait()
	sink = nil
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 1000)
	n, ok := runtime.MemProfile(records, true)
	if !ok {
		fmt.Println("too many records:", n)
	}
	used, all := map[string]int64{}, map[string]int64{}
	for i := range records[:n] {
		r := &records[i]
		if r.FreeObjects > r.AllocObjects {
			fmt.Println("wrong record:", r.AllocObjects, r.FreeObjects, r.AllocBytes)
		}
		name := allocator(r.Stack())
		used[name] += r.InUseObjects()
		all[name] += r.AllocObjects
	}
	// Of 12,000 objects of 56 bytes one in ten is sampled, of those of 600 bytes seven in ten, of large ones each.
	fmt.Println("keeps:", all["main.keeps"] > 700, used["main.keeps"] > 700)
	fmt.Println("drops:", all["main.drops"] > 5000, used["main.drops"] <= 1)
	fmt.Println("large:", all["main.large"] >= 70, used["main.large"])
	var buf bytes.Buffer
	fmt.Println(pprof.WriteHeapProfile(&buf), buf.Len() > 200, len(kept))
}
