// Builds strings: Builder, concatenation, conversions, formatting, splitting, replacing, comparing.
package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

func kind(s string) int {
	switch s {
	case "alpha":
		return 1
	case "beta":
		return 2
	case "gamma":
		return 3
	case "delta":
		return 4
	case "epsilon":
		return 5
	case "zeta":
		return 6
	case "eta":
		return 7
	case "theta":
		return 8
	}
	return 0
}

func main() {
	names := strings.Fields("alpha beta gamma delta epsilon zeta eta theta iota")
	sum := 0
	for round := 0; round < 100; round++ {
		var b strings.Builder
		for i := 0; i < 20000; i++ {
			b.WriteString(names[i%len(names)])
			b.WriteByte(' ')
			b.WriteString(strconv.Itoa(i))
			b.WriteRune('é')
			b.WriteByte('\n')
		}
		s := b.String()
		for _, line := range strings.Split(s, "\n") {
			first, rest, ok := strings.Cut(line, " ")
			if ok {
				sum += kind(first) + len(rest)
			}
		}
		up := strings.ToUpper(s)
		sum += strings.Count(up, "ALPHA") + strings.Index(s, "theta 19997")
		sum += len(strings.ReplaceAll(s, "beta", "<beta>"))
		for _, r := range s {
			sum += int(r) & 3
		}
		var buf bytes.Buffer
		for i := 0; i < 5000; i++ {
			t := names[i%len(names)] + "-" + strconv.Itoa(i) + ":"
			if t != "beta-1:" {
				buf.WriteString(t)
			}
			fmt.Fprintf(&buf, "%d %s %v|", i, t, 1.5)
		}
		key := []byte(s)
		sum += buf.Len() + bytes.IndexByte(key, 'z') + len(string(key[:100]))
		acc := ""
		for i := 0; i < 300; i++ {
			acc += names[i%len(names)]
		}
		sum += len(acc)
	}
	fmt.Println(sum)
}
