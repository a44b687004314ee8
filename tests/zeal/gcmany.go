package main

import "runtime"

type T struct{ l, r *T }

func mk(n int) *T {
	if n == 0 {
		return &T{}
	}
	return &T{mk(n - 1), mk(n - 1)}
}
func (t *T) cnt() int {
	if t.l == nil {
		return 1
	}
	return 1 + t.l.cnt() + t.r.cnt()
}

func main() {
	done := make(chan int)
	for g := 0; g < 10; g++ {
		go func() {
			s := 0
			for i := 0; i < 10; i++ {
				t := mk(8)
				runtime.GC()
				s += t.cnt()
				if g == 0 {
					runtime.GOMAXPROCS(1 + i%5)
				}
				var m runtime.MemStats
				if i%3 == 0 {
					runtime.ReadMemStats(&m)
				}
			}
			done <- s
		}()
	}
	s := 0
	for g := 0; g < 10; g++ {
		s += <-done
	}
	println(s, runtime.NumGoroutine() >= 1)
}
