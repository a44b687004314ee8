// Strings and slices made by conversions and concatenations: in the frame if they stay, or not copied at all.
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
	name   = "a short name"
	long   = "a name that does not fit into thirty-two bytes"
	raw    = []byte("some bytes")
	runes  = []rune("日本語 runes")
	letter = 'é'
	number = 0
	sink   string
	kept   []byte
)

//go:noinline
func count(s string) int {
	n := 0
	for i := range len(s) {
		n += int(s[i])
	}
	return n
}

//go:noinline
func sum(b []byte) int {
	n := 0
	for _, c := range b {
		n += int(c)
	}
	return n
}

//go:noinline
func sumRunes(r []rune) int {
	n := 0
	for _, c := range r {
		n += int(c)
	}
	return n
}

//go:noinline
func upper(b []byte) {
	for i := range b {
		b[i] &^= 32
	}
}

//go:noinline
func deep(b []byte, n int) []byte {
	if n == 0 {
		b[0] = '!'
		return b
	}
	return deep(b, n-1)
}

//go:noinline
func first(a, b string) string { return a }

//go:noinline
func grow(n int) int {
	var big [256]int
	big[n%256] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + big[n%256]
}

type pair struct{ b []byte }

func (p *pair) set(i int, c byte) { p.b[i] = c }

type setter interface{ set(int, byte) }

func counts() {
	for _, c := range []struct {
		what string
		f    func()
	}{
		{"string(b)", func() { number += count(string(raw)) }},
		{"[]byte(s), read", func() { number += sum([]byte(name)) }},
		{"[]byte(long), read", func() { number += sum([]byte(long)) }},
		{"[]byte(s), written", func() { b := []byte(name); upper(b); number += sum(b) }},
		{"[]byte(long), written", func() { b := []byte(long); upper(b); number += sum(b) }},
		{"[]byte(s), written far away", func() { number += sum(deep([]byte(name), 3)) }},
		{"[]byte(string(b))", func() { number += sum([]byte(string(raw))) }},
		{"string(r)", func() { number += count(string(letter)) }},
		{"string(runes)", func() { number += count(string(runes)) }},
		{"[]rune(s)", func() { number += sumRunes([]rune(name)) }},
		{"a + b", func() { number += count(name + string(raw)) }},
		{"a + b + c", func() { number += count(name + "," + name) }},
		{"a + long", func() { number += count(name + long) }},
		{"string(b), kept", func() { sink = string(raw) }},
		{"[]byte(s), kept", func() { kept = []byte(name) }},
		{"one of two", func() { number += count(first(string(raw), name+"!")) }},
		{"in a loop", func() {
			for i := range 3 {
				number += count(string(raw[i:]))
			}
		}},
		{"around a loop", func() {
			s := ""
			for range 4 {
				s += "x"
			}
			number += count(s)
		}},
	} {
		fmt.Println(c.what, allocs(c.f))
	}
}

// changes are writes that nobody may see in the string.
func changes() {
	s := name
	b := []byte(s)
	upper(b)
	fmt.Println(s, string(b))

	c := []byte(s)
	p := pair{c}
	p.set(0, 'X')
	fmt.Println(s, string(c))

	d := []byte(s)
	var i setter = &pair{d}
	i.set(1, 'Y')
	fmt.Println(s, string(d))

	e := []byte(s)
	func() { e[2] = 'Z' }()
	fmt.Println(s, string(e))

	f := []byte(s)
	copy(f, "copied")
	fmt.Println(s, string(f))

	g := []byte(s)
	_ = append(g[:2], "appended"...)
	fmt.Println(s, string(g))

	h := []byte(s)
	clear(h[:3])
	fmt.Printf("%s %q\n", s, h)

	j := []byte(s)
	q := &j[3]
	*q = 'Q'
	fmt.Println(s, string(j))

	k := []byte(s)
	a := (*[4]byte)(k)
	a[0], a[1] = a[1], a[0]
	fmt.Println(s, string(k))

	l := []byte(s)
	defer func() { fmt.Println("deferred", s, string(l)) }()
	defer func() { l[0] = 'D' }()

	e2 := []byte("")
	fmt.Println(e2 == nil, []byte(s[:0]) == nil, len(e2))
	var empty string
	fmt.Println([]byte(empty) == nil, sum([]byte(empty)))
}

// rounds are results of earlier rounds that later ones must not change.
func rounds() {
	var strs [4]string
	var bytes [4][]byte
	for i := range 4 {
		strs[i] = string(raw[i:])
		bytes[i] = []byte(name[i:])
	}
	fmt.Println(strs[0], strs[3], string(bytes[0]), string(bytes[3]))

	last := ""
	for i := range 4 {
		s := string(raw[i:])
		grow(50)
		fmt.Print(len(last), last == s, " ")
		last = s
	}
	fmt.Println(last)

	var view []byte
	for i := range 3 {
		s := string(raw[i:])
		v := []byte(s)
		if view != nil {
			fmt.Print(sum(view), " ")
		}
		view = v
	}
	fmt.Println(sum(view))

	s := "x"
	for i := range 5 {
		s = s + string(rune('a'+i))
		grow(20)
	}
	fmt.Println(s)

	t := "ab"
	for range 3 {
		t = t[1:] + t[:1] + "c"
	}
	fmt.Println(t)
}

// moved are temporaries whose frame moves while they are in use.
func moved() {
	done := make(chan int)
	for range 8 {
		go func() {
			s := string(raw)
			b := []byte(name)
			upper(b)
			r := []rune(s)
			grow(2000)
			runtime.GC()
			done <- count(s) + sum(b) + sumRunes(r)
		}()
	}
	n := 0
	for range 8 {
		n += <-done
	}
	fmt.Println(n)
}

func main() {
	counts()
	changes()
	rounds()
	moved()
}
