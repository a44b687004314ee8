package main

import "unsafe"

// Struct literals with blank fields, comparisons of structs, offsets and unsafe sequences.

type blank struct{ a, _, c int }

type wide struct {
	a string
	_ [4]int
	b string
}

type words struct{ first, second, third int }

func see(b *blank) words { return *(*words)(unsafe.Pointer(b)) }

var calls int

func one() int {
	calls++
	return calls
}

func blanks() {
	x := blank{one(), one(), one()}
	w := see(&x)
	println(w.first, w.second, w.third, calls)
	y := &blank{1, 7, 3}
	w = see(y)
	println(w.first, w.second, w.third, x == *y)
	v := wide{"a", [4]int{1, 2, 3, 4}, "b"}
	p := (*[8]int)(unsafe.Pointer(&v))
	println(v.a, p[2], p[3], p[4], p[5], v.b)
}

type si struct {
	s string
	i int
}

type ss struct{ s, t string }

type mixed struct {
	s    string
	e    any
	a    [2]string
	t    ss
	f    float64
	last string
}

// Strings whose bytes cannot be read: only their lengths are compared.
func bad(at uintptr) string {
	s := "foo"
	*(*uintptr)(unsafe.Pointer(&s)) = at
	return s
}

func same(a, b any) (same bool) {
	defer func() {
		if e := recover(); e != nil {
			println(e.(error).Error())
		}
	}()
	return a == b
}

func compares() {
	p, q := bad(8), bad(16)
	println(same(si{p, 1}, si{q, 2}), same(ss{p, "a"}, ss{q, "aa"}), same(ss{"a", p}, ss{"b", q}))
	m := mixed{"s", 1, [2]string{"x", "y"}, ss{"p", "q"}, 1.5, "z"}
	n := m
	println(same(m, n), m == n)
	n.last = "zz"
	println(same(m, n))
	n = m
	n.a[1] = "Y"
	println(same(m, n))
	n = m
	n.t.t = "Q"
	println(same(m, n))
	n = m
	n.s, n.e, m.e = "S", []int{}, []int{}
	println(same(m, n))
	n.s = m.s
	println(same(m, n))
	n.last = ""
	println(same(m, n))
}

type pair[T any] struct {
	f1 T
	f2 int
}

func (r *pair[T]) offset() uintptr { return unsafe.Offsetof(r.f2) }

func offsets() {
	println((&pair[int]{}).offset(), (&pair[any]{}).offset(), (&pair[byte]{}).offset(), (&pair[[5]int]{}).offset())
}

func try(f func()) {
	defer func() {
		if e := recover(); e != nil {
			println(e.(error).Error())
			return
		}
		println("fine")
	}()
	f()
}

func sequences() {
	last := (*byte)(unsafe.Pointer(^uintptr(0)))
	n := 1
	try(func() { println(len(unsafe.Slice(last, n))) })
	try(func() { println(len(unsafe.Slice(last, n+1))) })
	try(func() { println(len(unsafe.String(last, n+1))) })
	try(func() { println(len(unsafe.Slice((*int)(nil), n-1))) })
	try(func() { println(len(unsafe.Slice((*int)(nil), n))) })
}

func main() {
	blanks()
	compares()
	offsets()
	sequences()
}
