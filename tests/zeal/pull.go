package main

import (
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if i%1000 == 999 {
				runtime.GC()
			}
			if !yield(i) {
				fmt.Println("stopped at", i)
				return
			}
		}
	}
}

func zip[A, B any](a iter.Seq[A], b iter.Seq[B]) iter.Seq2[A, B] {
	return func(yield func(A, B) bool) {
		na, sa := iter.Pull(a)
		defer sa()
		nb, sb := iter.Pull(b)
		defer sb()
		for {
			x, ok := na()
			if !ok {
				return
			}
			y, ok := nb()
			if !ok || !yield(x, y) {
				return
			}
		}
	}
}

func main() {
	s := 0
	for a, b := range zip(count(5000), zipKeys()) {
		s += a * len(b)
	}
	fmt.Println(s)
	next, stop := iter.Pull(count(10))
	next()
	next()
	stop()
	fmt.Println(next())
	next, stop = iter.Pull(func(yield func(int) bool) { yield(1); panic("in iterator") })
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		fmt.Println(next())
		fmt.Println(next())
	}()
	next2, stop2 := iter.Pull2(maps.All(map[string]int{"a": 1}))
	fmt.Println(next2())
	fmt.Println(next2())
	stop2()
	fmt.Println(slices.Collect(count(3)))
}

func zipKeys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; ; i++ {
			if !yield(fmt.Sprint(i)) {
				return
			}
		}
	}
}
