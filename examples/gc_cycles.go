// Allocation in four goroutines while the collector runs beside them. Run it with
//
//	GODEBUG=gctrace=1 gort run examples/gc_cycles.go
//
// to see a line for every collection cycle: marking happens while the goroutines go on.
package main

type tree struct {
	left, right *tree
}

func build(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{build(depth - 1), build(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func main() {
	keep := build(16) // lives through every cycle
	results := make(chan int)
	const workers, rounds = 4, 50
	for w := 0; w < workers; w++ {
		go func() {
			sum := 0
			for r := 0; r < rounds; r++ {
				sum += build(10 + w%3).count()
			}
			results <- sum
		}()
	}
	total := 0
	for w := 0; w < workers; w++ {
		total += <-results
	}
	println("short-lived nodes:", total)
	println("long-lived nodes: ", keep.count())
}
