package main

func big(n int, in [2500]int) (out [2500]int) {
	var loc [2500]int
	for i := range loc {
		loc[i] = in[i] + 1
	}
	if n > 0 {
		loc = big(n-1, loc)
	}
	return loc
}
func many(a, b, c, d, e, f, g, h, i, j *int, s string, k []int, x interface{}) (int, string, []int, interface{}) {
	if *a == 0 {
		return *j, s, k, x
	}
	v := *a - 1
	r, s2, k2, x2 := many(&v, b, c, d, e, f, g, h, i, j, s+"x", append(k, *a), x)
	*b += r
	*c += len(s2)
	*d += len(k2)
	return r, s2, k2, x2
}
func main() {
	done := make(chan int)
	for g := 0; g < 6; g++ {
		go func() {
			var a [2500]int
			r := big(20, a)
			s := 0
			for _, v := range r {
				s += v
			}
			done <- s
		}()
	}
	s := 0
	for g := 0; g < 6; g++ {
		s += <-done
	}
	println(s)
	n, one, b, c, d := 300, 1, 0, 0, 0
	r, st, k, x := many(&n, &b, &c, &d, &one, &one, &one, &one, &one, &one, "s", nil, 42)
	println(r, len(st), len(k), x.(int), b, c, d, k[17])
}
