// Every form of syntax at least once.
package syntax

import (
	"fmt"
	. "math"
	_ "os"
	str "strings"
)

const (
	A, B = iota, 1 << iota
	C, D
	E float64 = 0x1p-2 + 1_000.5e3 + 'x' + 0b1 + 0o17 + 2i
)

var (
	v0, v1 int
	v2     = "a\tb\u00e9\xff" + `raw
string`
	v3 []int = nil
)

type (
	Alias             = map[string][]*int
	Set[T comparable] = map[T]struct{}
	Num               interface {
		~int | ~float64 | string
		String() string
		fmt.Stringer
	}
	Pair[K comparable, V any]       struct{ key, val V }
	Ptr[P *T, T interface{ ~int }]  []P
	List[P []int | chan<- (<-chan int)] struct {
		next *List[P]
		Pair[int, P] `tag:"x"`
		*fmt.State
		a, b [4]func(x, y int, z ...string) (r error)
	}
	Arr  [N * 2]int
	Fn   func(int, ...string) (a, b int)
	Chan <-chan chan<- (<-chan int)
)

const N = 3

//go:noinline
func generic[T ~int | ~string, S []T](s S, f func(T) T) (out S) {
	for i, x := range s {
		out = append(out, f(x))
		_ = i
	}
	return out
}

func (p *Pair[K, V]) Method() V { return p.val }

func external(x int) int

func statements(c chan int, m map[string]int, x any) (r int, err error) {
	defer func() { recover() }()
	go generic[int, []int](nil, nil)
	var a = [...]int{0: 1, 2, 5: 3}
	s := a[1:2:3]
	s, t := s[:], struct{ x, y int }{1, 2}
	p := &Pair[string, int]{key: 1}
	pts := []struct{ X, Y int }{{1, 2}, {X: 3}}
	s[0]++
	t.x--
	r += 1 << 2 &^ 3 | 4 ^ -5
	*p, p.val = Pair[string, int]{}, 4
L:
	for i := 0; i < 10; i++ {
		for ; ; {
			break L
		}
		for i < 3 {
			continue L
		}
		if v, ok := m["a"]; ok && v > 0 || !ok {
			goto M
		} else if v == 1 {
		} else {
		}
	}
M:
	for range 10 {
	}
	for range c {
	}
	for k := range m {
		_ = k
	}
	switch y := x.(type) {
	case int, *string:
		_ = y
	case nil:
	default:
	}
	switch x.(type) {
	}
	switch z := r; {
	case z > 1, z < -1:
		fallthrough
	default:
	}
	switch (Pair[int, int]{}) {
	}
	if (t == struct{ x, y int }{1, 2}) {
	}
	select {
	case v := <-c:
		_ = v
	case v, ok := <-c:
		_, _ = v, ok
	case c <- 1:
	case <-c:
	default:
	}
	const local, other = 1, iota
	type inner struct{}
	x = x.(interface{ M() })
	_ = (*int)(nil)
	_ = (<-chan int)(nil)
	_ = func(...int) {}
	str.Join(nil, pts...)
	{
		;
	}
	return Sqrt(1), nil
}
