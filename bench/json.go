// Encodes and decodes JSON: structs, maps and values of unknown shape.
package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

type item struct {
	ID     int               `json:"id"`
	Name   string            `json:"name"`
	Price  float64           `json:"price"`
	Tags   []string          `json:"tags"`
	Attr   map[string]string `json:"attr,omitempty"`
	Parent *item             `json:"parent,omitempty"`
	Sold   bool              `json:"sold"`
}

func build(n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = item{
			ID:    i,
			Name:  fmt.Sprintf("item <%d> & \"more\"", i),
			Price: float64(i) * 1.25,
			Tags:  []string{"red", "green", strings.Repeat("b", i%17)},
			Attr:  map[string]string{"colour": "blue", "size": fmt.Sprint(i % 9)},
			Sold:  i%3 == 0,
		}
		if i > 0 && i%5 == 0 {
			parent := items[i-1]
			items[i].Parent = &parent
		}
	}
	return items
}

func main() {
	items := build(1000)
	total, sum := 0, 0
	for round := 0; round < 50; round++ {
		text, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		total += len(text)
		var back []item
		if err := json.Unmarshal(text, &back); err != nil {
			panic(err)
		}
		for i := range back {
			sum += back[i].ID + len(back[i].Tags[2])
		}
		var free any
		if err := json.Unmarshal(text, &free); err != nil {
			panic(err)
		}
		sum += len(free.([]any))
	}
	fmt.Println(total, sum)
}
