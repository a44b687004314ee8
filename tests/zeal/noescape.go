// Declarations that say go:noescape: what reflect passes to the runtime's maps and channels stays in frames.
package main

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
)

type pair struct {
	a *int
	b string
}

func allocs(name string, f func()) { fmt.Println(name, testing.AllocsPerRun(10, f)) }

// fill puts keys and elements into a map that only the map holds from then on.
func fill(m reflect.Value, n int) {
	for i := range n {
		x := new(int)
		*x = i
		k := [2]int{i, -i}
		v := pair{x, fmt.Sprint("text ", i)}
		m.SetMapIndex(reflect.ValueOf(k), reflect.ValueOf(v))
	}
}

func main() {
	m := map[string]int{"one": 1, "two": 2}
	v := reflect.ValueOf(m)
	key, elem := reflect.ValueOf("one"), reflect.ValueOf(7)
	allocs("index", func() { _ = v.MapIndex(key) })
	allocs("set", func() { v.SetMapIndex(key, elem) })
	ints := reflect.ValueOf(map[int]string{1: "x"})
	allocs("index int", func() { _ = ints.MapIndex(reflect.ValueOf(1)) })
	c := reflect.ValueOf(make(chan int, 1))
	n := testing.AllocsPerRun(10, func() {
		c.Send(elem)
		c.Recv()
	})
	fmt.Println("chan", n <= 2)

	made := reflect.MakeMap(reflect.TypeFor[map[[2]int]pair]())
	fill(made, 1000)
	runtime.GC()
	garbage := 0
	for i := range 1000 {
		garbage += len(fmt.Sprint(i, "garbage"))
	}
	runtime.GC()
	sum := 0
	for i := range 1000 {
		p := made.MapIndex(reflect.ValueOf([2]int{i, -i})).Interface().(pair)
		if p.b != fmt.Sprint("text ", i) {
			panic(p.b)
		}
		sum += *p.a
	}
	fmt.Println(sum, garbage > 0)
	made.SetMapIndex(reflect.ValueOf([2]int{5, -5}), reflect.Value{})
	fmt.Println(made.Len())
}
