package main

type T struct{ a, b int16 }
type P *int
type A [3]string

func f(m map[string][]int) { m["x"] = append(m["x"], 1, 2, 3) }

func main() {
	m := map[string][]int{}
	f(m)
	f(m)
	println(len(m["x"]))
	t := map[T]bool{{1, 2}: true}
	println(t[T{1, 2}], t[T{2, 1}])
	t[T{5, 6}] = true
	println(len(t))
	x, y := 1, 2
	p := map[*int]string{&x: "x", &y: "y"}
	println(p[&x], p[&y], p[nil])
	delete(p, &x)
	println(len(p))
	a := map[A]int{}
	for i := 0; i < 1000; i++ {
		a[A{string(rune(i)), "b", "c"}] += i
		a[A{string(rune(i % 10)), "b", "c"}]--
	}
	s := 0
	for k, v := range a {
		s += len(k[0]) * v
	}
	println(len(a), s)
	mm := map[string]map[string]int{"a": {"b": 1}}
	mm["a"]["c"] = 2
	println(mm["a"]["b"]+mm["a"]["c"], mm["q"]["r"])
	c := map[complex128]int{1 + 2i: 3}
	println(c[1+2i])
	e := map[error]int{}
	println(e[nil])
	e[nil]++
	println(e[nil], len(e))
	type I interface{ M() }
	iv := map[I]int{}
	iv[nil] = 3
	println(iv[nil])
	// growth during iteration
	g := map[int]int{}
	for i := 0; i < 100; i++ {
		g[i] = i
	}
	n := 0
	seen := map[int]bool{}
	for k := range g {
		if seen[k] {
			println("dup", k)
		}
		seen[k] = true
		if k < 100 {
			n++
			g[k+1000] = 1
			delete(g, k)
		}
	}
	println(n)
	var k string
	var v int
	z := map[string]int{"only": 9}
	for k, v = range z {
	}
	println(k, v)
	for k, z["new"] = range map[string]int{"q": 4} {
	}
	println(k, z["new"])
	d := map[string]int{"a": 10}
	d["a"] /= 3
	d["a"] <<= 2
	println(d["a"])
	func() {
		defer func() { recover(); println(len(d)) }()
		zero := 0
		d["zz"] /= zero
	}()
	u := map[uint8]int{}
	for i := range 256 {
		u[uint8(i)] = i
	}
	sum := 0
	for k, v := range u {
		sum += int(k) * v
	}
	println(sum, len(u))
	defer delete(u, 3)
	st := map[struct{}]int{{}: 1}
	st[struct{}{}]++
	println(st[struct{}{}])
	big := map[[40]int]int{}
	big[[40]int{1, 2}] = 5
	println(big[[40]int{1, 2}], big[[40]int{}])
	m8 := make(map[int64]string, 100)
	m8[-1] = "neg"
	println(m8[-1], len(m8))
	bb := map[bool]int{true: 1}
	bb[false] = 2
	println(bb[true], bb[false])
	ff := map[float32]int{1: 1, 2.5: 2}
	println(ff[2.5], ff[1.0])
	if v, ok := ff[9]; !ok {
		println("none", v)
	}
	var arr [2]map[string]int
	arr[0] = map[string]int{"k": 1}
	arr[0]["k"]++
	println(arr[0]["k"], len(arr[1]))
	func() {
		defer func() { println(recover().(error).Error()) }()
		var mm map[any]int
		_ = mm[func() {}]
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		mm := map[any]int{}
		delete(mm, any([]int{}))
	}()
}
