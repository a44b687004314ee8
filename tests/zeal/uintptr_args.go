// //go:uintptrescapes: what is passed as uintptr(pointer) lives until the call returns, and is not on the stack.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

type cell struct {
	next *cell
	n    int
}

func at(p uintptr) *cell { return (*cell)(unsafe.Pointer(p)) }

//go:noinline
func grow(n int) int {
	var frame [64]int
	if n == 0 {
		return frame[0]
	}
	return grow(n-1) + frame[n%64]
}

// disturb moves the stack and collects.
func disturb() {
	done := make(chan bool)
	go func() { runtime.GC(); done <- true }()
	<-done
	grow(200)
}

//go:uintptrescapes
func one(p uintptr) int { disturb(); return at(p).n }

//go:uintptrescapes
func many(ps ...uintptr) (sum int) {
	disturb()
	for _, p := range ps {
		sum += at(p).n
	}
	return sum
}

type taker int

//go:uintptrescapes
func (t taker) one(p uintptr, q int) int { disturb(); return at(p).n + q + int(t) }

func made(n int) *cell {
	fmt.Print("made ", n, " ")
	return &cell{n: n}
}

//go:noinline
func local() int {
	c := cell{n: 40} // is not on the stack
	return one(uintptr(unsafe.Pointer(&c))) + one((uintptr)(unsafe.Pointer(&cell{n: 2})))
}

func main() {
	fmt.Println(local())
	// The pointer is computed once.
	fmt.Println(one(uintptr(unsafe.Pointer(made(7)))))
	fmt.Println(many(uintptr(unsafe.Pointer(made(1))), uintptr(unsafe.Pointer(made(2))), uintptr(unsafe.Pointer(made(3)))))
	fmt.Println(taker(100).one(uintptr(unsafe.Pointer(made(5))), 20))
	var t taker = 1
	fmt.Println(t.one(uintptr(unsafe.Pointer(&cell{n: 3})), 4))
}
