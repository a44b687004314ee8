// x = append(x, ...) where x is in memory: read after the calls on the right, changed in place.
package main

import "fmt"

type S struct {
	a [3][]int
	p *[]int
	m map[string][]int
}

var glob []string

type rec struct{ kids []*rec }

func (r *rec) f() int { r.kids = append(r.kids, nil); return len(r.kids) }

type W struct{ n []int }

func (w *W) g() int { w.n = append(w.n, 100); return len(w.n) }

func main() {
	s := &S{m: map[string][]int{}}
	i := 1
	for k := 0; k < 10; k++ {
		s.a[i] = append(s.a[i], k)
		s.a[2] = append(s.a[2], k, k)
		s.m["x"] = append(s.m["x"], k)
		glob = append(glob, fmt.Sprint(k))
	}
	var q []int
	s.p = &q
	*s.p = append(*s.p, 1, 2, 3)
	*s.p = append(*s.p, *s.p...)
	*s.p = append(*s.p, make([]int, 4)...)
	fmt.Println(s.a, *s.p, s.m, glob)
	w := &W{}
	w.n = append(w.n, w.g(), w.g())
	fmt.Println(w.n)
	x := []int{1}
	f := func() int { x = append(x, 5); return 7 }
	x = append(x, f())
	fmt.Println(x)
	func() {
		defer func() { fmt.Println(recover()) }()
		none := make([]struct{}, 1<<62)
		none = append(none, none...)
		fmt.Println(len(none))
	}()
	var e []struct{}
	e = append(e, struct{}{}, struct{}{})
	fmt.Println(len(e))
	func() {
		defer func() { fmt.Println(recover()) }()
		var np *W
		np.n = append(np.n, 1)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		j := 3
		s.a[j] = append(s.a[j], 1)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		n := -1
		w.n = append(w.n, make([]int, n)...)
	}()
	y := w.n[:1:1]
	z := y
	y = append(y, 9)
	fmt.Println(y, z, w.n)
	var arr [2][]string
	arr[0] = append(arr[0], "a")
	arr[1] = append(arr[0], "b")
	arr[0] = append(arr[0][:0], "c")
	fmt.Println(arr)
}
