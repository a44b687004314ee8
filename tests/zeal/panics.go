package main

import "runtime"

func main() {
	for i := 0; i < 30; i++ {
		go func() {
			defer func() {
				recover()
			}()
			for j := 0; j < 100; j++ {
				func() {
					defer func() { recover() }()
					var a []int
					_ = a[j]
				}()
			}
		}()
	}
	for i := 0; i < 50; i++ {
		runtime.Gosched()
	}
	for i := 0; i < 20; i++ {
		go panic("boom")
	}
	select {}
}
