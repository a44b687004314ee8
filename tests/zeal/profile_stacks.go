// What the runtime's own calls are named in stacks of profiles, and inlined calls.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

//go:noinline
func receive(c chan int) { <-c }

//go:noinline
func sleep() { time.Sleep(time.Hour) }

func inner(pcs []uintptr) int { return runtime.Callers(1, pcs) }

//go:noinline
func outer(pcs []uintptr) int { return inner(pcs) }

//go:noinline
func finalize(started chan bool) {
	close(started)
	select {}
}

// shows tells which of the names the goroutine profile has, in that order in one stack.
func shows(names ...string) bool {
	var text bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&text, 2)
	var records [1000]runtime.StackRecord
	n, _ := runtime.GoroutineProfile(records[:])
	for _, r := range records[:n] {
		want := names
		frames := runtime.CallersFrames(r.Stack())
		for {
			frame, more := frames.Next()
			if len(want) > 0 && frame.Function == want[0] {
				want = want[1:]
			}
			if !more {
				break
			}
		}
		if len(want) == 0 {
			return true
		}
	}
	return false
}

func main() {
	go receive(make(chan int))
	go sleep()
	started := make(chan bool)
	runtime.SetFinalizer(new([100]byte), func(*[100]byte) { finalize(started) })
	for waiting := true; waiting; {
		runtime.GC()
		select {
		case <-started:
			waiting = false
		case <-time.After(time.Millisecond):
		}
	}
	time.Sleep(time.Millisecond)
	fmt.Println("receive", shows("runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1", "main.receive", "runtime.goexit"))
	fmt.Println("sleep", shows("runtime.gopark", "time.Sleep", "main.sleep", "runtime.goexit"))
	fmt.Println("finalizer", shows("runtime.gopark", "main.finalize", "runtime.goexit"))

	var pcs [20]uintptr
	frames := runtime.CallersFrames(pcs[:outer(pcs[:])])
	first, _ := frames.Next()
	second, more := frames.Next()
	fmt.Println(first.Function, first.Func == nil, second.Function, second.Func.Name(), first.Entry == second.Entry)
	for i := range 2 {
		f := runtime.FuncForPC(pcs[i])
		fmt.Println(f.Name(), f.Entry() == second.Entry)
	}
	for last := second; more; {
		last, more = frames.Next()
		if !more {
			fmt.Println("ends with", last.Function)
		}
	}

	// Allocations of any kind are the program's in a heap profile.
	runtime.MemProfileRate = 1
	keep = append(keep, make([]byte, 100000))
	runtime.GC()
	var text bytes.Buffer
	pprof.Lookup("heap").WriteTo(&text, 1)
	fmt.Println("heap", strings.Contains(text.String(), "main.main"))
}

var keep [][]byte
