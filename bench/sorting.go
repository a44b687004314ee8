// Sorts: by interface, by comparison function, ordered integers and strings, structs, stable.
package main

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

type record struct {
	key  int
	name string
	pad  [2]int
}

type byKey []record

func (b byKey) Len() int           { return len(b) }
func (b byKey) Less(i, j int) bool { return b[i].key < b[j].key }
func (b byKey) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func main() {
	const n = 50000
	seed := uint64(1)
	next := func() int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed >> 33)
	}
	ints := make([]int, n)
	strs := make([]string, n)
	recs := make([]record, n)
	sum := 0
	for round := 0; round < 3; round++ {
		for i := range ints {
			ints[i] = next()
			strs[i] = fmt.Sprint("key", next()%1000000)
			recs[i] = record{key: next() % 50000, name: strs[i]}
		}
		a := slices.Clone(ints)
		slices.Sort(a)
		b := slices.Clone(ints)
		sort.Ints(b)
		slices.Sort(strs)
		r := slices.Clone(recs)
		sort.Sort(byKey(r))
		slices.SortFunc(recs, func(x, y record) int {
			if c := cmp.Compare(x.name, y.name); c != 0 {
				return c
			}
			return cmp.Compare(x.key, y.key)
		})
		sort.SliceStable(r, func(i, j int) bool { return r[i].name < r[j].name })
		k, _ := slices.BinarySearch(a, ints[7])
		sum += a[n/2] + b[n/3] + len(strs[9]) + recs[n/2].key + r[3].key + k
	}
	fmt.Println(sum)
}
