// Finalizers and cleanups of every shape run once, after their objects have become unreachable.
package main

import (
	"runtime"
	"unsafe"
)

type N struct {
	next *N
	v    int
	pad  [3]int
}
type I interface{ M() int }

func (n *N) M() int { return n.v }

var ch = make(chan int, 10000)

//go:noinline
func makeAll() {
	for i := 0; i < 100; i++ {
		n := &N{v: i, next: &N{v: 1000 + i}}
		switch i % 4 {
		case 0:
			runtime.SetFinalizer(n, func(n *N) { ch <- n.v + n.next.v - 1000 })
		case 1:
			runtime.SetFinalizer(n, func(x any) { n := x.(*N); ch <- n.v + n.next.v - 1000 })
		case 2:
			runtime.SetFinalizer(n, func(x I) int { ch <- x.M() * 2; return 7 })
		case 3:
			runtime.SetFinalizer(n, func(n *N) [20]string { ch <- n.v + n.next.v - 1000; return [20]string{"x"} })
		}
		runtime.AddCleanup(n, func(s string) { ch <- -len(s) }, "cleanup"[:i%7+1])
		c := runtime.AddCleanup(n, func(int) { println("stopped cleanup ran") }, 3)
		c.Stop()
	}
}

//go:noinline
func clobber(n int) int {
	var x [100]int
	for i := range x {
		x[i] = i * n
	}
	return x[n%100]
}

func collect(n int) (pos, neg int) {
	got := 0
	for i := 0; i < 50 && got < n; i++ {
		runtime.GC()
		for j := 0; j < 100; j++ {
			runtime.Gosched()
			select {
			case v := <-ch:
				got++
				if v >= 0 {
					pos += v
				} else {
					neg += v
				}
				j = 0
			default:
			}
		}
	}
	return
}

func try(f func()) {
	defer func() { println(recover().(string)) }()
	f()
}

func main() {
	makeAll()
	clobber(3)
	pos, neg := collect(200)
	println(pos, neg)
	p := new(N)
	try(func() { runtime.AddCleanup((*N)(nil), func(int) {}, 1) })
	try(func() { runtime.AddCleanup(p, func(*N) {}, p) })
	try(func() { runtime.AddCleanup(p, func(*int) {}, &p.v) })
	try(func() { runtime.AddCleanup(p, func(int) { p.v++ }, 1) })
	runtime.KeepAlive(p)
	println(runtime.NumGoroutine(), unsafe.Sizeof(p))
}
