// Panics and recovery: run-time errors are values, deferred calls run while the stack unwinds, and a
// recovered function returns what its named results hold.
package main

import "runtime"

type node struct{ next *node }

func try(name string, f func()) (ok bool) {
	defer func() {
		switch e := recover().(type) {
		case nil:
			println(name+":", "no panic")
		case runtime.Error:
			println(name+":", e.Error())
		case string:
			println(name+":", "panic with", e)
		}
	}()
	f()
	return true
}

func main() {
	var nothing *node
	empty := []int{}
	zero := 0
	var any interface{} = "text"
	try("fine", func() {})
	try("nil", func() { nothing = nothing.next })
	try("index", func() { empty[3] = 1 })
	try("divide", func() { println(1 / zero) })
	try("type", func() { println(any.(int)) })
	try("own", func() { panic("a string") })
	println("done:", try("again", func() {}))
}
