// The block and mutex profiles: who waited, on what, and who made others wait.
package main

import (
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"
)

// park lets the other goroutine come to where it waits.
func park() {
	for i := 0; i < 50; i++ {
		runtime.Gosched()
	}
}

func receives() {
	c := make(chan int)
	go func() { park(); c <- 1 }()
	<-c
}

func sends() {
	c := make(chan int)
	go func() { park(); <-c }()
	c <- 1
}

func selects() {
	c, d := make(chan int), make(chan int)
	go func() { park(); c <- 1 }()
	select {
	case <-c:
	case <-d:
	}
}

func locks() {
	var mu sync.Mutex
	mu.Lock()
	go unlocks(&mu)
	mu.Lock()
	mu.Unlock()
}

//go:noinline
func unlocks(mu *sync.Mutex) {
	park()
	mu.Unlock()
}

func waits() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { park(); wg.Done() }()
	wg.Wait()
}

func signals() {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	mu.Lock()
	go func() { park(); mu.Lock(); c.Signal(); mu.Unlock() }()
	c.Wait()
	mu.Unlock()
}

// operations returns what the program's own functions were waiting in: "main.f: operation", each once.
func operations(profile func([]runtime.BlockProfileRecord) (int, bool)) []string {
	records := make([]runtime.BlockProfileRecord, 100)
	n, ok := profile(records)
	if !ok {
		panic("more than 100 records")
	}
	found := map[string]bool{}
	for _, r := range records[:n] {
		if r.Count < 1 || r.Cycles < 0 {
			panic(fmt.Sprint("a record of ", r.Count, " events, ", r.Cycles, " ns"))
		}
		frames := runtime.CallersFrames(r.Stack())
		operation := ""
		for {
			frame, more := frames.Next()
			if strings.HasPrefix(frame.Function, "main.") {
				if !strings.Contains(frame.Function, ".func") {
					found[frame.Function+": "+operation] = true
				}
				break
			}
			operation = frame.Function
			if !more {
				break
			}
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func all() {
	receives()
	sends()
	selects()
	locks()
	waits()
	signals()
}

func main() {
	all()
	fmt.Println("off:", len(operations(runtime.BlockProfile)), len(operations(runtime.MutexProfile)))
	runtime.SetBlockProfileRate(1)
	fmt.Println("before:", runtime.SetMutexProfileFraction(1), runtime.SetMutexProfileFraction(-1))
	// Now and then the other one is there first, and nobody waits.
	for i := 0; i < 20; i++ {
		all()
	}
	runtime.SetBlockProfileRate(0)
	fmt.Println("before:", runtime.SetMutexProfileFraction(0))
	for _, operation := range operations(runtime.BlockProfile) {
		fmt.Println("block", operation)
	}
	for _, operation := range operations(runtime.MutexProfile) {
		// Who waits for a condition unlocks too, and may have kept the other from locking.
		if strings.HasPrefix(operation, "main.unlocks") {
			fmt.Println("mutex", operation)
		}
	}
}
