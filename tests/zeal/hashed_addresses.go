// An address that maphash.Comparable hashes stays what it is when the stack moves.
package main

import (
	"fmt"
	"hash/maphash"
)

//go:noinline
func grow(n int) int {
	var a [128]int
	a[n%128] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + a[n%128]
}

func main() {
	seed := maphash.MakeSeed()
	var x int
	before := maphash.Comparable(seed, &x)
	grow(1000)
	fmt.Println(before == maphash.Comparable(seed, &x))
	type big struct {
		a, b, c, d, e string
		p             *int
	}
	b := big{p: &x}
	before = maphash.Comparable(seed, b)
	grow(3000)
	fmt.Println(before == maphash.Comparable(seed, b))
}
