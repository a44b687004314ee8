package main

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"
)

// Calls by reflect, both ways, whose frames lie where older frames left pointers to what is garbage by now.

type node struct {
	next *node
	n    int
}

// litter leaves pointers to garbage on the stack.
func litter(depth int, p *node) int {
	q := &node{p, depth}
	r := &node{q, depth}
	if depth == 0 {
		return r.next.n
	}
	return litter(depth-1, r) + q.n - r.n
}

type T struct{ n int }

func (t *T) Nothing()                                  {}
func (t *T) One(p *node) *node                         { return &node{p, t.n} }
func (t *T) Many(a, b, c, d, e, f, g int) (int, error) { return a + b + c + d + e + f + g + t.n, nil }
func (t *T) Big(a [5]*node, x float64) (r [5]*node, y string) {
	r[0] = &node{a[4], int(x)}
	return r, "big"
}

func work(id int) int {
	t := &T{id}
	v := reflect.ValueOf(t)
	sum := 0
	for i := range 60 {
		sum += litter(40, nil)
		v.MethodByName("Nothing").Call(nil)
		v.MethodByName("Nothing").Interface().(func())()
		one := v.MethodByName("One").Interface().(func(*node) *node)
		sum += one(&node{nil, i}).next.n
		litter(40, nil)
		many := v.MethodByName("Many").Interface().(func(a, b, c, d, e, f, g int) (int, error))
		n, _ := many(1, 2, 3, 4, 5, 6, i)
		litter(40, nil)
		big := v.MethodByName("Big").Interface().(func([5]*node, float64) ([5]*node, string))
		r, s := big([5]*node{4: {nil, i}}, 2.5)
		sum += n + r[0].next.n + r[0].n + len(s)
		litter(40, nil)
		made := reflect.MakeFunc(reflect.TypeOf(litter), func(args []reflect.Value) []reflect.Value {
			litter(10, nil)
			return []reflect.Value{args[0]}
		}).Interface().(func(int, *node) int)
		sum += made(i, nil)
	}
	return sum
}

func main() {
	debug.SetGCPercent(1)
	sums := make([]int, 8)
	var wg sync.WaitGroup
	for i := range sums {
		wg.Go(func() { sums[i] = work(i) })
	}
	wg.Wait()
	fmt.Println(sums)
}
