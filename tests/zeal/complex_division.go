package main

import "math"

// A quotient is corrected (C99, annex G) if neither part is a number, as gc's is.
func main() {
	inf, zero := math.Inf(1), 0.0
	for _, q := range []complex128{
		complex(0, inf) / complex(-2.5, 5e-324),
		complex(0, inf) / complex(5e-324, -2.5),
		complex(1, inf) / complex(2, 3),
		complex(1, 2) / complex(inf, -inf),
		complex(1, -2) / complex(zero, zero),
		complex(zero, zero) / complex(zero, zero),
		complex(3, 4) / complex(1, -2),
	} {
		println(q)
	}
}
