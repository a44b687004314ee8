package main

type e struct{ n int }

func (x *e) Error() string { return "e" }

func f(n int, acc *[]int) (r int) {
	var pad [30]int
	pad[n%30] = n
	defer func() {
		if pad[n%30] != n {
			panic("pad")
		}
		r += n
		*acc = append(*acc, n)
	}()
	if n == 0 {
		var p *e
		_ = p.n
	}
	if n%50 == 7 {
		func() {
			defer func() {
				if x := recover(); x != nil {
					panic(&e{n})
				}
			}()
			r = f(n-1, acc)
		}()
		return
	}
	return f(n-1, acc)
}

func top(n int) (r int) {
	var acc []int
	defer func() {
		x := recover()
		if y, ok := x.(*e); ok {
			r = len(acc)*1000 + y.n
		} else if er, ok := x.(error); ok {
			println(er.Error())
			r = len(acc)
		}
	}()
	return f(n, &acc)
}

func main() {
	c := make(chan int)
	for g := 0; g < 30; g++ {
		go func() { c <- top(g*41 + 8) }()
	}
	s := 0
	for g := 0; g < 30; g++ {
		s += <-c
	}
	println(s)
}
