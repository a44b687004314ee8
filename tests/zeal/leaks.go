// Leaked goroutines: those that wait for what nothing leads to any more but leaked goroutines.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

var global = make(chan int)

type pair struct {
	a, b chan int
	mu   sync.Mutex
}

//go:noinline
func leakReceive() {
	c := make(chan int)
	go func() { <-c }()
}

//go:noinline
func leakSend() {
	c := make(chan int)
	go func() { c <- 1 }()
}

//go:noinline
func leakSelect() {
	p := &pair{a: make(chan int), b: make(chan int)}
	go func() {
		select {
		case <-p.a:
		case p.b <- 1:
		}
	}()
}

//go:noinline
func leakNil() {
	go func() { var c chan int; <-c }()
	go func() { select {} }()
}

//go:noinline
func leakLocks() {
	p := new(pair)
	p.mu.Lock()
	go func() { p.mu.Lock() }()
	var rw sync.RWMutex
	rw.Lock()
	go func() { rw.RLock() }()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { wg.Wait() }()
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	go func() { mu.Lock(); cond.Wait() }()
}

// leakPair leaks two that wait for each other: each holds what the other waits for.
//
//go:noinline
func leakPair() {
	a, b := make(chan int), make(chan int)
	go func() { <-a; b <- 1 }()
	go func() { <-b; a <- 1 }()
}

// notLeaked are waits that may end.
//
//go:noinline
func notLeaked() (keep []any) {
	go func() { <-global }()
	c := make(chan int)
	go func() { c <- 1 }()
	go func() { time.Sleep(time.Hour) }()
	go func() { <-time.After(time.Hour) }()
	// One that sleeps holds what another one waits for.
	d := make(chan int)
	go func() { time.Sleep(time.Hour); d <- 1 }()
	go func() { <-d }()
	p := new(pair)
	p.mu.Lock()
	go func() { p.mu.Lock() }()
	return []any{c, &p.b}
}

// leaked returns which functions' goroutines the profile names.
func leaked() []string {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutineleak").WriteTo(&text, 1); err != nil {
		panic(err)
	}
	var names []string
	for _, line := range strings.Split(text.String(), "\n") {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[0] == "#" && strings.HasPrefix(fields[2], "main.") {
			name, _, _ := strings.Cut(fields[2], "+")
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// states returns what a traceback of all goroutines says of the waiting ones.
func states() map[string]int {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	found := map[string]int{}
	for _, line := range strings.Split(string(text), "\n") {
		if _, state, ok := strings.Cut(line, "["); ok && strings.HasPrefix(line, "goroutine ") {
			if state = strings.TrimSuffix(state, "]:"); strings.HasSuffix(state, "(leaked)") {
				found[state]++
			}
		}
	}
	return found
}

func main() {
	keep := notLeaked()
	time.Sleep(10 * time.Millisecond)
	fmt.Println("before:", leaked())
	leakReceive()
	leakSend()
	leakSelect()
	leakNil()
	leakLocks()
	leakPair()
	// The others come to where they wait.
	for i := 0; i < 100; i++ {
		runtime.Gosched()
	}
	time.Sleep(10 * time.Millisecond)
	for _, name := range leaked() {
		fmt.Println(name)
	}
	fmt.Println("count:", pprof.Lookup("goroutineleak").Count())
	fmt.Println(states())
	runtime.KeepAlive(keep)
	keep = nil
	for _, name := range leaked() {
		if strings.HasPrefix(name, "main.notLeaked") {
			fmt.Println("now also", name)
		}
	}
}
