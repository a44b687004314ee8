// string(b) that is only looked at is not copied, unless the bytes may change meanwhile.
package main

import (
	"fmt"
	"testing"
)

var (
	b    = []byte("a text that is longer than a small buffer of bytes")
	m    = map[string]int{string(b): 7}
	kept string
	hits int
)

//go:noinline
func get() []byte { return b }

//go:noinline
func change(c byte) string { b[0] = c; return "a text that is longer than a small buffer of bytes" }

func allocs(name string, f func()) { fmt.Println(name, testing.AllocsPerRun(10, f)) }

func main() {
	allocs("equal", func() {
		if string(b) == "x" || string(get()) == "y" || "z" == string(get()) || string(get()) < "B" {
			hits++
		}
	})
	allocs("index", func() { hits += m[string(b)] + m[string(get())] })
	allocs("switch", func() {
		switch string(get()) {
		case "a", "b":
			hits++
		case "a text that is longer than a small buffer of bytes":
			hits += 2
		}
	})
	allocs("concat", func() { kept = "<" + string(b) + ">" })
	allocs("concat two", func() { kept = "<" + string(get()) })
	allocs("buffer", func() {
		var buf [64]byte
		n := copy(buf[:], b)
		kept = "<" + string(buf[:n]) + "|" + string(buf[:3]) + ">"
	})
	fmt.Println(kept, hits)

	// The bytes change after they were read.
	fmt.Println(change('a') == string(b), string(b))
	s := "<" + change('C') + string(b)
	b[1] = '!'
	fmt.Println(s, string(b))
	switch string(b) {
	case change('D'):
		fmt.Println("no")
	case "C!text that is longer than a small buffer of bytes":
		fmt.Println("yes", string(b))
	}
	t := "" + string(b)
	b[2] = '?'
	fmt.Println(t, string(b))
	e := "only" + string(b[:0])
	fmt.Println(e, ""+string(b[:0]) == "")
}
