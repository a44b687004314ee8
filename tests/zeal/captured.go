// What closures capture: beside a pointer that leaks, in bodies of loops over functions, in closures of closures.
package main

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
)

// allocs says how many objects f makes, each time.
func allocs(f func()) uint64 {
	f()
	least := ^uint64(0)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			f()
		}
		runtime.ReadMemStats(&after)
		least = min(least, (after.Mallocs-before.Mallocs)/10)
	}
	return least
}

var (
	global *int
	ints   = []int{5, 3, 8}
	total  int
)

type node struct {
	next *node
	n    int
}

var list *node

//go:noinline
func each(s []int, f func(int)) {
	for _, x := range s {
		f(x)
	}
}

// beside captures one pointer that leaks and variables that do not.
func beside(keep *node) {
	sum, count := 0, 0
	each(ints, func(x int) {
		sum += x
		count++
		if count == 2 {
			list = keep
		}
	})
	total += sum * count
}

// leaking lets a captured variable itself go.
func leaking() *int {
	sum, other := 0, 0
	each(ints, func(x int) {
		sum += x
		other++
		global = &sum
	})
	total += other
	return global
}

// inner lets go of what the closure around it captured.
func inner() {
	a, b := 1, 2
	outer := func() func() {
		each(ints, func(x int) { a += x; global = &b })
		return func() { b++ }
	}
	outer()()
	total += a + b
}

// returned is got by calling a closure.
func returned() *node {
	n := node{n: 7}
	get := func() *node { return &n }
	return get()
}

//go:noinline
func call(f func() *node) *node { return f() }

func passed() *node {
	n, m := node{n: 8}, node{n: 9}
	r := call(func() *node { m.n++; return &n })
	total += m.n
	return r
}

// self is a closure that calls itself.
func self(n int) int {
	steps, deepest := 0, 0
	var walk func(int)
	walk = func(d int) {
		steps++
		deepest = max(deepest, d)
		if d < n {
			walk(d + 1)
			walk(d + 1)
		}
	}
	walk(0)
	return steps + deepest
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func find(n int) (at int, err error) {
	for i := range upTo(n) {
		for j := range upTo(i) {
			if i*j == 12 {
				return i, nil
			}
			if j > 5 {
				break
			}
		}
	}
	return -1, fmt.Errorf("none below %d", n)
}

func deferring(n int) (out string) {
	for i := range upTo(n) {
		for j := range upTo(2) {
			defer func() { out += fmt.Sprint(i, j, " ") }()
		}
	}
	return "end "
}

//go:noinline
func grow(n int) int {
	var big [256]int
	big[n%256] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + big[n%256]
}

func loops() {
	sum := 0
	for i := range upTo(4) {
		grow(i * 10)
		sum += i
	}
	total += sum
}

func main() {
	n := &node{n: 1}
	fmt.Println("beside", allocs(func() { beside(n) }))
	fmt.Println("leaking", allocs(func() { leaking() }))
	fmt.Println("inner", allocs(inner))
	fmt.Println("returned", allocs(func() { total += returned().n }))
	fmt.Println("self", allocs(func() { total += self(4) }))
	fmt.Println("loops", allocs(loops))

	p := leaking()
	q := passed()
	inner()
	g := global
	r := returned()
	grow(3000)
	runtime.GC()
	fmt.Println(*p, q.n, r.n, *g, list.n, self(6))
	fmt.Println(find(9))
	fmt.Println(find(3))
	fmt.Println(deferring(3))
	fmt.Println(slices.Sorted(upTo(5)), slices.Collect(upTo(9)))
}
