package main

type S struct{ n int }

func (s S) Map[T any](f func(int) T) T { return f(s.n) }
func (s *S) Set[T ~int | ~int64](v T) *S { s.n = int(v); return s }

type L[E any] struct{ v []E }

func (l L[E]) Conv[T any](f func(E) T) L[T] {
	var r L[T]
	for _, x := range l.v {
		r.v = append(r.v, f(x))
	}
	return r
}

type Emb struct{ *S }

func gen[T any](x T) any {
	type local struct{ a, b T }
	return local{x, x}
}

func main() {
	s := S{3}
	println(s.Map(func(i int) string { return "x" }))
	println(s.Map[float64](func(i int) float64 { return float64(i) / 2 }))
	s.Set(int64(9)).Set(10)
	println(s.n)
	l := L[int]{[]int{1, 2, 3}}
	for _, v := range l.Conv(func(i int) string { return string(rune('a' + i)) }).v {
		println(v)
	}
	e := Emb{&s}
	println(e.Map(func(i int) bool { return i > 3 }))
	f := s.Map[int]
	println(f(func(i int) int { return i * 2 }))
	g := S.Map[int]
	println(g(s, func(i int) int { return i * 3 }))
	h := (*S).Set[int]
	println(h(&s, 4).n)
	p := new(42)
	println(*p)
}
