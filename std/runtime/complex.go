package runtime

import "unsafe"

// complex128div implements n / m. Dividing by the larger part of m first keeps intermediate results in
// range (R. L. Smith, 1962); infinities and zeros come out as C99, annex G, wants them.
func complex128div(n, m complex128) complex128 {
	a, b := real(n), imag(n)
	c, d := real(m), imag(m)
	var e, f float64
	if fabs(c) >= fabs(d) {
		ratio := d / c
		denom := c + ratio*d
		e = (a + b*ratio) / denom
		f = (b - a*ratio) / denom
	} else {
		ratio := c / d
		denom := d + ratio*c
		e = (a*ratio + b) / denom
		f = (b*ratio - a) / denom
	}
	if e == e || f == f {
		return complex(e, f)
	}
	inf := float64frombits(0x7FF0000000000000)
	switch {
	case m == 0 && (a == a || b == b):
		e = copysign(inf, c) * a
		f = copysign(inf, c) * b
	case (isInf(a) || isInf(b)) && isFinite(c) && isFinite(d):
		a, b = inf2one(a), inf2one(b)
		e = inf * (a*c + b*d)
		f = inf * (b*c - a*d)
	case (isInf(c) || isInf(d)) && isFinite(a) && isFinite(b):
		c, d = inf2one(c), inf2one(d)
		e = 0 * (a*c + b*d)
		f = 0 * (b*c - a*d)
	}
	return complex(e, f)
}

func float64bits(f float64) uint64 { return *(*uint64)(unsafe.Pointer(&f)) }

func float64frombits(b uint64) float64 { return *(*float64)(unsafe.Pointer(&b)) }

const signBit = 1 << 63

func fabs(f float64) float64 { return float64frombits(float64bits(f) &^ signBit) }

func copysign(f, sign float64) float64 {
	return float64frombits(float64bits(f)&^signBit | float64bits(sign)&signBit)
}

func isInf(f float64) bool { return f == f && !isFinite(f) }

func isFinite(f float64) bool { return f-f == 0 }

// inf2one returns 1 for an infinity and 0 for anything else, with the sign of f.
func inf2one(f float64) float64 {
	if isInf(f) {
		return copysign(1, f)
	}
	return copysign(0, f)
}
