// The first elements that are appended to a slice that does not escape are in the frame.
package main

import (
	"fmt"
	"runtime"
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
	three = 3
	total int
	kept  []int
	text  = "words"
)

type pair struct {
	p *int
	n int
}

type stack struct{ items []int }

func (s *stack) push(x int) { s.items = append(s.items, x) }
func (s *stack) pop() int {
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x
}

//go:noinline
func sum(s []int) int {
	n := 0
	for _, x := range s {
		n += x
	}
	return n
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

func evens(n int) int {
	var s []int
	for i := range n {
		if i%2 == 0 {
			s = append(s, i)
			grow(10)
		}
	}
	return sum(s) + cap(s)
}

// twice has two slices alive that come from one append.
func twice() string {
	var all [3][]int
	for i := range all {
		all[i] = append(all[i], i, i+1)
	}
	return fmt.Sprint(all[0][0], all[1], all[2], cap(all[0]))
}

// apart lets a slice of an earlier round live on while the next one begins.
func apart() int {
	var before []int
	t := 0
	for i := range 4 {
		var s []int
		s = append(s, i)
		if before != nil {
			t = t*10 + before[0]
		}
		before = s
	}
	return t*10 + before[0]
}

// pointers are stored in slices that begin in the frame and go to the heap.
func pointers(n int) int {
	var s []pair
	var q []*int
	for i := range n {
		x := new(int)
		*x = i
		s = append(s, pair{x, i})
		q = append(q, x)
		if i%8 == 0 {
			runtime.GC()
			grow(100)
		}
	}
	t := 0
	for i, p := range s {
		t += *p.p*p.n + *q[i]
	}
	return t
}

func strings(n int) string {
	var s []string
	for i := range n {
		s = append(s, text[i:])
	}
	out := ""
	for _, x := range s {
		out += x
	}
	return out
}

func spread(s []int) int {
	var a []int
	a = append(a, s...)
	b := append([]int(nil), s...)
	b = append(b, a...)
	return sum(a) + sum(b)
}

func nested() int {
	var outer []int
	for i := range 3 {
		outer = append(outer, func() int {
			var inner []int
			for j := range i + 2 {
				inner = append(inner, j)
			}
			return sum(inner)
		}())
	}
	return sum(outer)
}

func deferred() (n int) {
	var s []int
	defer func() {
		recover()
		n = sum(s)
	}()
	for i := range 10 {
		s = append(s, i)
		if i == 3 {
			panic("stop")
		}
	}
	return 0
}

func main() {
	fmt.Println(allocs(func() { total += evens(three * 2) }))
	fmt.Println(allocs(func() { total += evens(20) }))
	fmt.Println(allocs(func() { var s stack; s.push(1); s.push(2); total += s.pop() }))
	fmt.Println(allocs(func() { var s []int; s = append(s, three); kept = s }))
	fmt.Println(allocs(func() { var b []byte; b = append(b, text...); total += len(b) }))
	fmt.Println(allocs(func() { total += spread([]int{1, 2}) }))
	fmt.Println(allocs(func() { total += nested() }))
	fmt.Println(evens(1), evens(7), evens(9), evens(100))
	fmt.Println(twice(), apart(), pointers(2), pointers(40))
	fmt.Println(strings(1))
	fmt.Println(strings(2))
	fmt.Println(strings(5))
	fmt.Println(spread([]int{1, 2, 3}), spread([]int{1, 2, 3, 4, 5}), nested(), deferred())
	done := make(chan int)
	for range 8 {
		go func() {
			var s []int
			for i := range 4 {
				s = append(s, i)
			}
			grow(2000)
			s = append(s, 4)
			runtime.GC()
			done <- sum(s)
		}()
	}
	n := 0
	for range 8 {
		n += <-done
	}
	fmt.Println(n)
}
