package main

// Integer division checks its divisor, a shift its count; narrow integers wrap at their width.
func divide(x, y int32) int32 { return x / y }

func half(x uint8) uint8 { return x/2 + 1 }

func shift(x int64, n int) int64 { return x << n }

func sum(n int) (s int) {
	for i := 0; i < n; i++ {
		if i%3 != 0 && i%5 != 0 {
			continue
		}
		s += i
	}
	return
}

func main() {
	println(divide(7, 2), half(9), shift(1, 3), sum(10))
}
