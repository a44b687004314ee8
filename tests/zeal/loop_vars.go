//go:build go1.21

package main

func main() {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		println(f())
	}
	var ps []*int
	for _, v := range []int{1, 2, 3} {
		ps = append(ps, &v)
	}
	for k := range map[int]int{1: 1, 2: 2} {
		defer func() { println(k > 0) }()
		ps = append(ps, &k)
	}
	println(*ps[0], *ps[1], ps[0] == ps[2], ps[3] == ps[4])
}
