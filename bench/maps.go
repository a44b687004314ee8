// Maps: integers, strings and structs for keys; inserting, finding, deleting, iterating.
package main

import "fmt"

type point struct{ x, y int32 }

func main() {
	words := make([]string, 50000)
	for i := range words {
		words[i] = fmt.Sprintf("word-%d", i*7919%100003)
	}
	sum := 0
	for round := 0; round < 8; round++ {
		ints := map[int]int{}
		for i := 0; i < 400000; i++ {
			ints[i*31%65537] += i
		}
		for i := 0; i < 400000; i++ {
			if v, ok := ints[i]; ok {
				sum += v & 7
			}
		}
		counts := make(map[string]int)
		for i := 0; i < 6; i++ {
			for _, w := range words {
				counts[w]++
			}
		}
		for w, c := range counts {
			sum += len(w) * c
		}
		grid := map[point]bool{}
		for i := int32(0); i < 100000; i++ {
			grid[point{i % 300, i / 300}] = i%3 == 0
		}
		for p := range grid {
			if p.x%2 == 0 {
				delete(grid, p)
			}
		}
		for i := int32(0); i < 100000; i++ {
			if grid[point{i % 300, i / 300}] {
				sum++
			}
		}
		sets := make(map[int]map[int]struct{})
		for i := 0; i < 100000; i++ {
			s := sets[i%1000]
			if s == nil {
				s = make(map[int]struct{})
				sets[i%1000] = s
			}
			s[i%77] = struct{}{}
		}
		sum += len(sets) + len(sets[5])
	}
	fmt.Println(sum)
}
