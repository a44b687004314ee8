package main

// The results of a function that defers are in slots: the landing block reads nothing else.
func guard(f func()) (ok bool) {
	defer func() {
		ok = recover() == nil
	}()
	f()
	return
}

func later(n int) int {
	defer println("later", n)
	return n + 1
}

func main() {
	println(guard(func() { panic(1) }), later(3))
}
