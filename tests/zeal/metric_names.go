package main

import (
	"fmt"
	"math/rand/v2"
	"runtime/metrics"
)

// Every metric that Go describes has a value of the kind it says, and a name that is none has none.
func main() {
	for _, d := range metrics.All() {
		s := []metrics.Sample{{Name: d.Name}}
		metrics.Read(s)
		if s[0].Value.Kind() != d.Kind {
			fmt.Println(d.Name, "is", s[0].Value.Kind(), "not", d.Kind)
		}
	}
	for _, name := range []string{"/no/such:thing", "/godebug/non-default-behavior/no-such-setting:events"} {
		s := []metrics.Sample{{Name: name}}
		metrics.Read(s)
		fmt.Println(name, s[0].Value.Kind() == metrics.KindBad)
	}
	// The block function of ChaCha8 is assembly in Go's tree.
	c := rand.NewChaCha8([32]byte([]byte("chacha8: 32-byte seed, all of it")))
	for range 3 {
		fmt.Println(c.Uint64())
	}
}
