package main

import "fmt"

// Types declared in a generic function, generic themselves or not, are others in each instance of the function.
func f[P any](p P) (any, any, any) {
	type M[Q any] struct {
		next *M[Q]
		q    Q
		p    P
	}
	type N struct{ m M[int] }
	type E[Q any] struct{ q Q }
	m := M[int]{q: 1, p: p}
	return m, N{M[int]{nil, 2, m.p}}, E[M[P]]{}
}

type S struct{ a, b string }

func main() {
	a, b, c := f(7)
	d, e, g := f(S{"a", "b"})
	fmt.Printf("%T %T %T %T\n", a, b, d, e)
	fmt.Println(a, b, c, d, e, g)
	a2, b2, c2 := f(7)
	fmt.Println(a == a2, b == b2, c == c2, a == d, b == e, c == g)
}
