// Small variables in frames that move: what is beside them in their words is nobody's.
package main

import "fmt"

//go:noinline
func deep[T any](n int, f func() T) T {
	var frame [1 << 10]int
	if n > 0 {
		r := deep(n-1, f)
		frame[n&7]++
		return r
	}
	return f()
}

//go:noinline
func move(n int) int {
	if n == 0 {
		return 0
	}
	return move(n-1) + 1
}

//go:noinline
func id[T any](x T) T { return x }

func result(i int) (r int16) {
	if i > 0 {
		defer func() { move(i) }()
	}
	move(i)
	if i > 100 {
		r = int16(i)
	}
	return r
}

type mixed struct {
	a uint16
	b int64
	c uint32
	d uint8
}

func fields() string {
	m := mixed{a: id(uint16(7)), b: 8, c: id(uint32(9))}
	p := &m
	move(3)
	p.a++
	move(3)
	return fmt.Sprint(*p)
}

func keys() string {
	m := map[uint16]int16{id(uint16(1)): 10, id(uint16(2)): 20, id(uint16(300)): 30}
	s := ""
	for _, k := range []uint16{0, 1, 2, 300} {
		v, ok := m[k]
		s += fmt.Sprint(v, ok, " ")
	}
	return s
}

func arrays() string {
	a := [5]uint16{1: id(uint16(11)), 3: 13}
	b := [3]float32{id(float32(1.5)), 2, 3}
	move(2)
	a[4] = 14
	move(2)
	p, q := &a, &b
	q[1] = 2.5
	move(2)
	return fmt.Sprint(*p, *q)
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k, l uint16, m bool, n int32) string {
	move(5)
	s := ""
	for _, v := range []uint16{a, b, c, d, e, f, g, h, i, j, k, l} {
		s += fmt.Sprint(v, " ")
	}
	return s + fmt.Sprint(m, n)
}

func all() string {
	s := ""
	for i := 0; i < 5; i++ {
		s += fmt.Sprintln(result(i), fields(), keys(), arrays())
	}
	return s + many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, true, -14)
}

func main() {
	shallow := all()
	fmt.Println(shallow)
	done := make(chan string)
	for i := 0; i < 3; i++ {
		go func() { done <- deep(40*i, all) }()
	}
	for i := 0; i < 3; i++ {
		fmt.Println(<-done == shallow)
	}
}
