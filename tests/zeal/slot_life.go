// Objects are let go of after the last use of the local that leads to them, not at the end of the function.
package main

import (
	"fmt"
	"runtime"
	"time"
)

type node struct {
	left, right *node
	name        string
}

type pair struct {
	a, b *node
	n    int
}

//go:noinline
func make1(name string, freed chan string) *node {
	n := &node{name: name}
	runtime.AddCleanup(n, func(s string) { freed <- s }, name)
	return n
}

//go:noinline
func use(p *pair) int { return len(p.a.name) + len(p.b.name) + p.n }

//go:noinline
func pick(p *pair) **node { return &p.b }

// wait collects until n cleanups have run or it is clear that they will not.
func wait(freed chan string, n, tries int) int {
	got := 0
	for range tries {
		runtime.GC()
		for more := true; more; {
			select {
			case <-freed:
				got++
			case <-time.After(2 * time.Millisecond):
				more = false
			}
		}
		if got >= n {
			break
		}
	}
	return got
}

//go:noinline
func aggregate() {
	freed := make(chan string, 10)
	p := pair{make1("x", freed), make1("yy", freed), 3}
	fmt.Println("used", use(&p))
	fmt.Println("after the last use:", wait(freed, 2, 200))
}

//go:noinline
func through() {
	freed := make(chan string, 10)
	p := pair{make1("x", freed), make1("yy", freed), 3}
	q := pick(&p)
	fmt.Println("an address in it is still held:", wait(freed, 1, 3))
	fmt.Println((*q).name)
}

//go:noinline
func kept() {
	freed := make(chan string, 10)
	p := pair{make1("x", freed), make1("yy", freed), 3}
	fmt.Println("used", use(&p))
	fmt.Println("kept alive:", wait(freed, 1, 3))
	runtime.KeepAlive(p.a)
	runtime.KeepAlive(p.b)
}

//go:noinline
func looped() {
	freed := make(chan string, 10)
	total := 0
	for i := range 4 {
		p := pair{make1("l", freed), make1("r", freed), i}
		total += use(&p)
	}
	fmt.Println("loop", total, wait(freed, 8, 200))
}

func main() {
	aggregate()
	through()
	kept()
	looped()
}
