package main

import "runtime"

type T struct {
	p *int
	s string
}

func (t T) done(q *int, n int) {
	if *t.p != n || *q != n+1 || t.s != "abc" {
		println("BAD", *t.p, *q, n)
	}
}
func grow(n int) int {
	var a [64]int
	a[n%64] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + a[n%64]
}
func f(n int) (r int) {
	x, y := new(int), new(int)
	*x, *y = n, n+1
	defer T{x, "abc"}.done(y, n)
	defer func() {
		if e := recover(); e != nil {
			r = e.(int) + *x
			grow(100)
		}
	}()
	defer func() { grow(200); panic(n) }()
	if n%3 == 0 {
		panic("first")
	}
	return f2(n)
}
func f2(n int) int {
	defer grow(n % 50)
	if n%2 == 0 {
		defer func() { recover(); panic(n * 2) }()
		panic("f2")
	}
	return n
}
func main() {
	s := 0
	for i := range 2000 {
		s += f(i)
	}
	println(s)
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { s++; grow(300) }()
		for i := range 3 {
			defer func() { s += i }()
		}
		grow(500)
		exit()
	}()
	<-done
	println(s)
}

func exit() { defer println("exit"); runtime.Goexit() }
