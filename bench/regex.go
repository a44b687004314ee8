// Regular expressions: matching by backtracking, by one pass and by the general machine, with submatches and replacing.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	var text strings.Builder
	for i := 0; i < 3000; i++ {
		fmt.Fprintf(&text, "2026-%02d-%02d host%d user%d@example%d.org GET /path/%x/index.html %d\n",
			i%12+1, i%28+1, i%50, i%97, i%7, i*7919, 200+i%5)
	}
	s := text.String()
	lines := strings.Split(s, "\n")
	mail := regexp.MustCompile(`[a-z0-9]+@[a-z0-9]+\.(org|com)`)
	line := regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2}) (\w+) (\S+) (GET|POST) (\S+) (\d+)$`)
	word := regexp.MustCompile(`(?i)(host|path)[/0-9a-f]+`)
	literal := regexp.MustCompile(`index\.html`)
	count := 0
	for round := 0; round < 12; round++ {
		count += len(mail.FindAllString(s, -1))
		for _, l := range lines {
			if m := line.FindStringSubmatch(l); m != nil {
				count += len(m[7])
			}
		}
		count += len(word.ReplaceAllString(s, "<$1>"))
		count += len(literal.FindAllStringIndex(s, -1))
	}
	fmt.Println(count)
}
