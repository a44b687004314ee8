// The profile of thread creation: as many records as there are threads, all with the same empty stack.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
)

func main() {
	n, ok := runtime.ThreadCreateProfile(nil)
	fmt.Println("threads:", n > 0, ok)
	p := make([]runtime.StackRecord, n+50)
	n, ok = runtime.ThreadCreateProfile(p)
	fmt.Println("copied:", n > 0, ok)
	empty := true
	for _, r := range p {
		empty = empty && len(r.Stack()) == 0
	}
	fmt.Println("empty stacks:", empty)
	profile := pprof.Lookup("threadcreate")
	fmt.Println("counted:", profile.Count() > 0)
	var text bytes.Buffer
	if err := profile.WriteTo(&text, 1); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	lines := strings.Split(text.String(), "\n")
	fmt.Println("title:", strings.HasPrefix(lines[0], "threadcreate profile: total "))
	fmt.Println("one stack:", strings.Count(text.String(), " @ "))
	fmt.Println("lines:", len(lines))

	// Addresses outside all functions are no frames.
	pcs := make([]uintptr, 8)
	pcs = pcs[:runtime.Callers(1, pcs)]
	frames := runtime.CallersFrames([]uintptr{0, 1, pcs[0], 0, 2})
	f, more := frames.Next()
	fmt.Println("frame:", f.Function, f.PC == pcs[0]-1, more)
	f, more = frames.Next()
	fmt.Println("frame:", f.Function == "", f.PC, more)
}
