// What append makes room for: as programs see it by cap, whether the elements are in the frame or not.
package main

import "fmt"

func spread() (caps []int) {
	var b []byte
	for range 4 {
		b = append(b[:cap(b)], make([]byte, 1)...)
		caps = append(caps, cap(b))
	}
	return caps
}

func text() int {
	var b []byte
	b = append(b, "abc"...)
	return cap(b)
}

func one() int {
	var b []byte
	b = append(b, 'a')
	return cap(b)
}

func words() int {
	var s []string
	s = append(s, "a", "b")
	return cap(s)
}

func main() {
	fmt.Println(spread(), text(), one(), words())
}
