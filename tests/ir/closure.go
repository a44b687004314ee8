package main

// A variable that is assigned to lives in a cell, one that is not is copied into the closure.
func counter(step int) func() int {
	n := 0
	return func() int {
		n += step
		return n
	}
}

func main() {
	println(counter(2)())
}
