package main

import "runtime"

type node struct {
	next *node
	v    [6]int
}

func deep(n int, p *int, c chan int, d chan *node) int {
	var big [40]int
	big[n%40] = n
	if n == 0 {
		var out int
		select {
		case v := <-c:
			out = v
		case x := <-d:
			out = x.v[3] + x.next.v[2]
		}
		*p += out
		return out
	}
	l := &node{v: [6]int{n, n, n, n, n, n}}
	r := deep(n-1, p, c, d)
	if big[n%40] != n || l.v[5] != n {
		panic("frame corrupted")
	}
	*p++
	return r
}

func main() {
	c := make(chan int)
	d := make(chan *node, 3)
	done := make(chan int)
	for g := 0; g < 20; g++ {
		go func() {
			s := 0
			for i := 0; i < 30; i++ {
				p := 0
				deep((i*7+g*13)%120, &p, c, d)
				s += p
			}
			done <- s
		}()
	}
	go func() {
		for i := 0; i < 300; i++ {
			c <- i
			if i%50 == 0 {
				runtime.GC()
			}
		}
	}()
	go func() {
		for i := 0; i < 300; i++ {
			d <- &node{v: [6]int{0, 0, 0, i, 0, 0}, next: &node{v: [6]int{0, 0, 1, 0, 0, 0}}}
		}
	}()
	t := 0
	for g := 0; g < 20; g++ {
		t += <-done
	}
	println(t)
}
