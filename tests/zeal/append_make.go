// append(s, make([]T, n)...): room without another slice.
package main

import (
	"fmt"
	"testing"
)

type node struct {
	next *node
	n    int
}

//go:noinline
func grow[T any](s []T, n int) []T { return append(s, make([]T, n)...) }

func caught(f func()) (text any) {
	defer func() { text = recover() }()
	f()
	return nil
}

var kept []*node

func main() {
	s := make([]int, 2, 8)
	full := s[:8]
	for i := range full {
		full[i] = i + 1
	}
	s = grow(s, 3) // what lies behind is cleared, and only that
	fmt.Println(s, cap(s), full)
	s = grow(s, 100)
	fmt.Println(len(s), s[4], s[104])
	fmt.Println(len(grow(s, 0)), len(grow([]int(nil), 0)), grow([]int(nil), 0) == nil)
	fmt.Println(len(grow([]struct{}{}, 5)))
	p := grow([]*node{{n: 1}}, 2)
	fmt.Println(p[0].n, p[1], p[2])
	for i := 0; i < 1000; i++ {
		kept = grow(kept[:len(kept):len(kept)], 1)
		kept[i] = &node{n: i}
	}
	sum := 0
	for _, k := range kept {
		sum += k.n
	}
	fmt.Println(sum)
	type bytes []byte
	b := append(bytes("ab"), make(bytes, 2)...)
	fmt.Printf("%q %T\n", b, b)
	n := uint8(200)
	fmt.Println(len(append(b, make([]byte, n)...)))
	minus := -1
	fmt.Println(caught(func() { grow(s, minus) }))
	fmt.Println(caught(func() { grow(s, 1<<62) }))
	fmt.Println(testing.AllocsPerRun(10, func() { kept = grow([]*node(nil), 10) }))
}
