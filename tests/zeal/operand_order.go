// The order in which operands are evaluated, where the language leaves it open: as gc does it.
package main

import "fmt"

type T struct{ a, b, c, d, e int }

func (t *T) set(n int) error { t.a = n; t.e = n; return nil }

func pair() (T, error) {
	var t T
	return t, t.set(3)
}

func inc(p *int) int { *p++; return *p }

func two(a, b int) string { return fmt.Sprint(a, b) }

func many(a ...int) string { return fmt.Sprint(a) }

var g int

func global() int { g++; return g }

func main() {
	defer operators()
	fmt.Println(pair())
	x := 1
	fmt.Println(two(x, inc(&x)))
	fmt.Println(many(x, inc(&x), x, inc(&x)))
	fmt.Println(x, inc(&x))
	a, b := x, inc(&x)
	fmt.Println(a, b)
	var c, d = x, inc(&x)
	fmt.Println(c, d)
	a, b = g, global()
	fmt.Println(a, b)
	s := []int{1, 2, 3}
	f := func() int { s = []int{4, 5, 6}; return 0 }
	a, b = s[1], f()
	fmt.Println(a, b)
	p := &T{a: 1}
	a, b = p.a, inc(&p.a)
	fmt.Println(a, b)
	m := map[string]int{"k": 1}
	h := func() int { m["k"] = 2; return 9 }
	a, b = m["k"], h()
	fmt.Println(a, b)
	var i any = 1
	j := func() int { i = 5; return 9 }
	a, b = i.(int), j()
	fmt.Println(a, b)
	str := "a"
	k := func() string { str = "b"; return str }
	u, v := str+"x", k()
	fmt.Println(u, v)
}

type pt struct{ a, b int }

func (t pt) add(n int) int   { return t.a + n }
func (t *pt) padd(n int) int { return t.a + n }
func incs(p *string) string  { *p += "!"; return *p }

type big struct{ a, b, c, d, e, f int }

func (b *big) set() int { b.a = 9; return 1 }

func operators() {
	x := 1
	fmt.Println("add", x+inc(&x))
	fmt.Println("add3", x+x*2+inc(&x))
	fmt.Println("cmp", x == inc(&x), x < inc(&x))
	fmt.Println("slice lit", []int{x, inc(&x)})
	fmt.Println("array lit", [2]int{x, inc(&x)})
	fmt.Println("struct lit", pt{x, inc(&x)})
	fmt.Println("struct lit keyed", pt{a: x, b: inc(&x)})
	fmt.Println("map lit", map[int]int{x: inc(&x)})
	s := "a"
	fmt.Println("concat", s+incs(&s))
	fmt.Println("concat3", s+"-"+incs(&s)+s)
	t := pt{a: 1}
	fmt.Println("method", t.add(inc(&t.a)))
	fmt.Println("pmethod", t.padd(inc(&t.a)))
	a := [3]int{1, 2, 3}
	i := 0
	fmt.Println("index", a[i]+inc(&i))
	fmt.Println("index2", a[inc(&i)-1], i)
	var b big
	var any1 any
	var n int
	any1, n = b, b.set()
	fmt.Println("big to interface", any1, n)
	b = big{}
	fmt.Println("big arg", b, b.set())
	p := &x
	fmt.Println("deref", *p+inc(p))
	fmt.Println("not", !(x == inc(&x)), -x+inc(&x))
	sl := []int{1, 2}
	f := func() []int { sl = append(sl, 3); return sl }
	fmt.Println("len", len(sl), len(f()))
	fmt.Println("len+", len(sl)+len(f()))
	ch := make(chan int, 1)
	ch <- x + inc(&x)
	fmt.Println("send", <-ch)
	fl := 1.5
	g := func() float64 { fl *= 2; return fl }
	fmt.Println("float", fl*g())
	fmt.Println("and", x > 0 && inc(&x) == x, x)
	sw := func(v int) string {
		switch v {
		case inc(&v):
			return "late"
		}
		return "early"
	}
	fmt.Println("switch", sw(1))
	st := struct{ s string }{"q"}
	fmt.Println("field", st.s+incs(&st.s))
	a2 := []int{x, inc(&x), x}
	fmt.Println(a2)
	go func() {}()
	defer fmt.Println("defer", x, inc(&x))
	defer func(a, b int) { fmt.Println("defer2", a, b) }(x, inc(&x))
	fmt.Println(fmt.Sprint(x)+fmt.Sprint(inc(&x)), x)
}
