// A goroutine's stack starts small and moves to a bigger one whenever it is full: a million calls deep here,
// with a pointer into the heap in every frame, while other goroutines make garbage.
package main

type cell struct {
	value int
	next  *cell
}

// What is stored here is in the heap.
var newest, garbage *cell

func sum(depth int, c *cell) int {
	if depth == 0 {
		return c.value
	}
	mine := &cell{depth, c}
	newest = mine
	return sum(depth-1, mine) + mine.value - mine.next.value
}

func main() {
	started, quit, done := make(chan bool), make(chan bool), make(chan int)
	go func() {
		made := 0
		for {
			select {
			case <-quit:
				done <- made
				return
			default:
				garbage = &cell{made, nil}
				made++
				if made == 1 {
					started <- true
				}
			}
		}
	}()
	<-started
	println(sum(1000000, &cell{42, nil}))
	quit <- true
	println("garbage was made:", <-done > 0)
}
