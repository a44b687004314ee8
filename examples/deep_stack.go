// A goroutine's stack starts small and moves to a bigger one whenever it is full: a million calls deep here,
// with a pointer into the heap in every frame, while other goroutines make garbage.
package main

type cell struct {
	value int
	next  *cell
}

func sum(depth int, c *cell) int {
	if depth == 0 {
		return c.value
	}
	mine := &cell{depth, c}
	return sum(depth-1, mine) + mine.value - mine.next.value
}

func main() {
	quit, done := make(chan bool), make(chan int)
	go func() {
		made := 0
		for {
			select {
			case <-quit:
				done <- made
				return
			default:
				_ = &cell{made, nil}
				made++
			}
		}
	}()
	println(sum(1000000, &cell{42, nil}))
	quit <- true
	println("garbage was made:", <-done > 0)
}
