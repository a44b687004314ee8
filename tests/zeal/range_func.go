package main

func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		defer println("iterator done")
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func pairs(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, string(rune('a'+i))) {
				return
			}
		}
	}
}

func find(n, x int) (int, string) {
	for i, s := range pairs(n) {
		if i == x {
			return i, s
		}
	}
	return -1, "none"
}

func named(n int) (r int, err error) {
	defer func() { r *= 2 }()
	for i := range count(n) {
		defer println("deferred", i)
		if i == 3 {
			r = 50
			return i, nil
		}
	}
	return 100, nil
}

func nested() string {
outer:
	for i := range count(5) {
		for j := range count(5) {
			if j == 1 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			if i == 7 {
				return "no"
			}
			println(i, j)
		}
	}
	for i := range count(3) {
		for j := range count(3) {
			for k := range count(3) {
				if i == 1 && j == 1 && k == 1 {
					return "deep"
				}
			}
		}
	}
	return "end"
}

func gotos() {
	n := 0
again:
	for i := range count(4) {
		n++
		if i == 2 && n < 8 {
			goto again
		}
		for range count(2) {
			if n > 7 {
				goto out
			}
		}
	}
out:
	println("n", n)
}

func bad() {
	var y func(int) bool
	for i := range func(yield func(int) bool) { y = yield; yield(1) } {
		println("got", i)
	}
	defer func() { println(recover().(error).Error()) }()
	y(2)
}
func bad2() {
	defer func() { println(recover().(error).Error()) }()
	for i := range func(yield func(int) bool) { yield(1); yield(2) } {
		println("got", i)
		break
	}
}
func bad3() {
	defer func() { println(recover().(error).Error()) }()
	for i := range func(yield func(int) bool) { defer func() { recover() }(); yield(1) } {
		println("got", i)
		panic("x")
	}
}

func rec() {
	defer func() {
		for range count(1) {
			println("recovered", recover() == nil)
		}
	}()
	defer func() { recover() }()
	panic("p")
}

type G[T any] struct{ v []T }

func (g G[T]) All() func(func(int, T) bool) {
	return func(y func(int, T) bool) {
		for i, v := range g.v {
			if !y(i, v) {
				return
			}
		}
	}
}
func sum[T int | float64](g G[T]) (s T) {
	for _, v := range g.All() {
		s += v
	}
	return
}

func main() {
	println(find(5, 3))
	println(find(5, 9))
	println(named(10))
	println(nested())
	gotos()
	bad()
	bad2()
	bad3()
	rec()
	println(sum(G[int]{[]int{1, 2, 3}}), sum(G[float64]{[]float64{1.5, 2}}))
	for range count(2) {
		println("x")
	}
	var i int
	var arr [3]int
	for i = range count(3) {
		arr[i] = i
		switch i {
		case 1:
			continue
		case 2:
			break
		}
		f := func() int { return i }
		println(f())
	}
	println(i, arr[2])
	for i, arr[1] = range func(y func(int, int) bool) { y(7, 8) } {
	}
	println(i, arr[1])
	for i := range 3 {
		for range func(y func() bool) { y() } {
			if i == 1 {
				continue
			}
			println("in", i)
		}
	}
}
