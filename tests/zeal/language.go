package main

import "unsafe"

type V struct{ x, y int }

func (v V) Sum() int   { return v.x + v.y }
func (v *V) Inc(n int) { v.x += n }

type I interface{ Sum() int }
type E struct {
	*V
	I2
	name string
}
type I2 interface{ Name() string }
type N string

func (n N) Name() string { return string(n) }

type W struct{ E }
type bl struct {
	a int32
	_ int32
	b string
}

func order(s string, v int) int { print(s, " "); return v }

func multi() (a int, b string, c [3]int) {
	defer func() {
		if r := recover(); r != nil {
			a, b = 7, "rec"
			c[1] = 9
		}
	}()
	var p *V
	p.x = 1
	return 1, "x", [3]int{1, 2, 3}
}

func cplx(z complex128) (complex128, float64) {
	w := z * z / (1 + 2i)
	w -= 3i
	return w, real(w) + imag(w)
}

const (
	big   = 1 << 100
	small = big >> 98
	c0    = iota
	c1
	_
	c3
)

type Weekday uint8

const (
	Mon Weekday = iota + 1
	Tue
)

func (d Weekday) String() string { return [...]string{"?", "Mon", "Tue"}[d] }

func main() {
	v := V{1, 2}
	f := v.Sum
	g := V.Sum
	h := (*V).Sum
	k := (*V).Inc
	in := v.Inc
	in(5)
	k(&v, 2)
	println(f(), g(v), h(&v), v.x)
	e := E{&v, N("nm"), "e"}
	w := &W{e}
	println(w.Sum(), w.Name(), w.E.V.x)
	w.Inc(3)
	var i I = w
	println(i.Sum())
	i2 := I2(w).Name
	println(i2())
	m := I.Sum
	println(m(w))
	j := interface{ Inc(int) }.Inc
	j(w, 4)
	println(v.x)
	println(bl{1, 2, "x"} == bl{a: 1, b: "x"}, [2]bl{} == [2]bl{{b: "q"}})
	a := []int{1, 2, 3, 4}
	arr := [4]int(a)
	ap := (*[2]int)(a)
	ap[0] = 100
	println(arr[0], a[0], len(ap))
	func() {
		defer func() { println(recover().(error).Error()) }()
		_ = [5]int(a)
	}()
	println(order("a", 1)+order("b", 2)*order("c", 3), order("d", 4))
	r1, r2, r3 := multi()
	println(r1, r2, r3[1])
	println(cplx(3 + 4i))
	println(small, c0, c1, c3, Tue.String(), Mon)
	for i, r := range "a\xffé世\xe4\xb8" {
		print(i, ":", r, " ")
	}
	println()
	s := "héllo"
	bs := []byte(s)
	rs := []rune(s)
	println(len(bs), len(rs), string(rs[1]), string(bs[1:3]), string(rune(0x10ffff+1)) == "\ufffd")
	p := unsafe.Pointer(&arr)
	q := (*int)(unsafe.Add(p, 8))
	println(*q, unsafe.Sizeof(arr), unsafe.Offsetof(v.y), unsafe.String(unsafe.StringData(s), 2))
	sl := unsafe.Slice(&arr[1], 3)
	println(len(sl), cap(sl), sl[2])
	x := []int{1, 2, 3}
	ii := 0
	ii, x[ii] = 2, 99
	println(ii, x[0])
	x[0], x[1], x[2] = x[2], x[0], x[1]
	println(x[0], x[1], x[2])
	var np *[4]int
	println(len(np))
	for i := range np {
		print(i)
	}
	println()
	switch y := any(v).(type) {
	case interface{ Sum() int }:
		println("I", y.Sum())
	}
	fn := func(a ...any) int { return len(a) }
	println(fn(), fn(nil), fn(nil...), fn([]any{1, 2}...), fn([]int{1}))
	lbl := 0
L:
	for {
		switch {
		case lbl < 3:
			lbl++
			continue L
		case lbl == 3:
			break L
		}
	}
	println(lbl, min(3, 1, 2), max(2.5, 1), min("b", "a"))
	var z float64
	println(min(z, -1/max(z, 0)) < 0, max(0, z/z) != max(0, z/z))
	type T struct {
		a [3]int
		m map[string]int
	}
	t := T{m: map[string]int{"x": 1}}
	t.a[1]++
	t.m["x"]++
	u := t
	u.a[1] = 50
	println(t.a[1], u.a[1], t.m["x"])
	goto end
end:
	println(-7/2, -7%3, 7&^2, 1<<3|1)
	var sh uint = 70
	println(1<<sh == 0, int32(-1)>>sh, uint64(1)<<63)
	func() {
		defer func() { println(recover().(error).Error()) }()
		ns := -1
		println(1 << ns)
	}()
	var e1, e2 any = []int{1}, []int{1}
	func() {
		defer func() { println(recover().(error).Error()) }()
		println(e1 == e2)
	}()
	ch := make(chan int, 3)
	ch <- 1
	close(ch)
	c, ok := <-ch
	d, ok2 := <-ch
	println(c, ok, d, ok2, len(ch), cap(ch))
	clear(x)
	println(x[0], x[1])
	var iface I
	func() {
		defer func() { println(recover().(error).Error()) }()
		iface.Sum()
	}()
	var fnil func()
	func() {
		defer func() { println(recover().(error).Error()) }()
		fnil()
	}()
	println(len([...]string{5: "a", "b"}), [...]int{2: 5, 0: 1}[2])
}
