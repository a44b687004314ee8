// make with a length that is known only when it runs: small ones are in the frame if they stay.
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
	many  = 40
	none  = 0
	total int
	kept  []int
	node  *int
)

//go:noinline
func sum(s []int) int {
	n := 0
	for _, x := range s {
		n += x
	}
	return n
}

//go:noinline
func fill(s []int) []int {
	for i := range s {
		s[i] += i
	}
	return s
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

func fibs(n int) int {
	s := make([]int, n)
	for i := range s {
		if i < 2 {
			s[i] = i
		} else {
			s[i] = s[i-1] + s[i-2]
		}
	}
	grow(100)
	return sum(s)
}

// pointers puts the addresses of variables into slices of either kind.
func pointers(n int) int {
	a, b := 1, 2
	s := make([]*int, n)
	for i := range s {
		if i%2 == 0 {
			s[i] = &a
		} else {
			s[i] = &b
		}
	}
	grow(200)
	runtime.GC()
	*s[0] += 10
	*s[1] += 20
	t := 0
	for _, p := range s {
		t += *p
	}
	return t + a + b
}

// fresh slices of each round are zero.
func fresh(n int) int {
	t := 0
	for i := range 4 {
		s := make([]int, n)
		t += sum(s)
		fill(s)
		s[0] = i + 1
		t += s[0]
	}
	return t
}

// rounds keep slices of earlier rounds.
func rounds(n int) int {
	var before []int
	t := 0
	for i := range 4 {
		s := make([]int, n)
		s[0] = i
		if before != nil {
			t = t*10 + before[0]
		}
		before = s
	}
	return t
}

func bad(n, c int) (err any) {
	defer func() { err = recover() }()
	s := make([]int, n, c)
	return len(s)
}

func main() {
	fmt.Println(allocs(func() { total += sum(make([]int, three)) }))
	fmt.Println(allocs(func() { total += sum(fill(make([]int, three+1))) }))
	fmt.Println(allocs(func() { total += sum(make([]int, many)) }))
	fmt.Println(allocs(func() { kept = make([]int, three) }))
	fmt.Println(allocs(func() { s := make([]byte, 0, three*8); s = append(s, "abc"...); total += len(s) }))
	fmt.Println(allocs(func() { s := make([]string, three-1); s[0] = "x"; total += len(s[0] + s[1]) }))
	fmt.Println(allocs(func() { total += fresh(three) }))
	fmt.Println(fibs(0), fibs(1), fibs(4), fibs(5), fibs(30))
	fmt.Println(pointers(2), pointers(4), pointers(5), pointers(50))
	fmt.Println(fresh(1), fresh(4), fresh(5), rounds(4), rounds(5))
	fmt.Println(bad(three, three), bad(none-1, three), bad(three, none), bad(none, none), bad(1<<62, 1<<62))
	s := make([]struct{}, many)
	e := make([]int, none)
	fmt.Println(len(s), e == nil, len(e), cap(make([]int32, three, many)))
	p := make([]int, three)
	node = &p[1]
	grow(3000)
	fmt.Println(*node, sum(p))
}
