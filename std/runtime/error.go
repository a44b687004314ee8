package runtime

// The values that the runtime panics with.

// Error is implemented by the errors that the runtime itself panics with.
type Error interface {
	error

	// RuntimeError does nothing; a type that has it is a runtime error.
	RuntimeError()
}

// A TypeAssertionError explains a type assertion that failed.
type TypeAssertionError struct {
	_interface    *_type
	concrete      *_type
	asserted      *_type
	missingMethod string // one method that asserted has and concrete lacks
}

func (*TypeAssertionError) RuntimeError() {}

func (e *TypeAssertionError) Error() string {
	inter := "interface"
	if e._interface != nil {
		inter = typestring(e._interface)
	}
	as := typestring(e.asserted)
	if e.concrete == nil {
		return "interface conversion: " + inter + " is nil, not " + as
	}
	cs := typestring(e.concrete)
	if e.missingMethod != "" {
		return "interface conversion: " + cs + " is not " + as + ": missing method " + e.missingMethod
	}
	msg := "interface conversion: " + inter + " is " + cs + ", not " + as
	if cs == as {
		if typepkgpath(e.concrete) != typepkgpath(e.asserted) {
			msg += " (types from different packages)"
		} else {
			msg += " (types from different scopes)"
		}
	}
	return msg
}

// An errorString is a runtime error that is one text.
type errorString string

func (e errorString) RuntimeError() {}

func (e errorString) Error() string { return "runtime error: " + string(e) }

// An errorAddressString is an errorString about an address.
type errorAddressString struct {
	msg  string
	addr uintptr
}

func (e errorAddressString) RuntimeError() {}

func (e errorAddressString) Error() string { return "runtime error: " + e.msg }

// Addr returns the address that could not be accessed; only with debug.SetPanicOnFault, and then as well as it is known.
func (e errorAddressString) Addr() uintptr { return e.addr }

// A plainError is an errorString without the prefix.
type plainError string

func (e plainError) RuntimeError() {}

func (e plainError) Error() string { return string(e) }

// A boundsError is an index or slice expression out of range.
type boundsError struct {
	x      int64
	y      int
	signed bool // x is an int64, otherwise a uint64
	code   uint8
}

const (
	boundsIndex = iota
	boundsSliceAlen
	boundsSliceAcap
	boundsSliceB
	boundsSlice3Alen
	boundsSlice3Acap
	boundsSlice3B
	boundsSlice3C
	boundsConvert
)

func (e boundsError) RuntimeError() {}

func (e boundsError) Error() string {
	x := utoa(uint64(e.x))
	negative := e.signed && e.x < 0
	if negative {
		x = "-" + utoa(-uint64(e.x))
	}
	y := utoa(uint64(e.y))
	return "runtime error: " + boundsText(e.code, negative, x, y)
}

// boundsText is the text of a boundsError. With a negative x, y does not matter and is not shown.
func boundsText(code uint8, negative bool, x, y string) string {
	length := " with length " + y
	capacity := " with capacity " + y
	if negative {
		length = ""
		capacity = ""
		y = ""
	}
	switch code {
	case boundsIndex:
		return "index out of range [" + x + "]" + length
	case boundsSliceAlen:
		return "slice bounds out of range [:" + x + "]" + length
	case boundsSliceAcap:
		return "slice bounds out of range [:" + x + "]" + capacity
	case boundsSliceB:
		return "slice bounds out of range [" + x + ":" + y + "]"
	case boundsSlice3Alen:
		return "slice bounds out of range [::" + x + "]" + length
	case boundsSlice3Acap:
		return "slice bounds out of range [::" + x + "]" + capacity
	case boundsSlice3B:
		return "slice bounds out of range [:" + x + ":" + y + "]"
	case boundsSlice3C:
		return "slice bounds out of range [" + x + ":" + y + ":]"
	}
	return "cannot convert slice with length " + y + " to array or pointer to array with length " + x
}

// utoa returns v in decimal.
func utoa(v uint64) string {
	var buf [20]byte
	i := len(buf) - 1
	for v >= 10 {
		buf[i] = byte('0' + v%10)
		v /= 10
		i--
	}
	buf[i] = byte('0' + v)
	return string(buf[i:])
}

func bounds(x int64, signed bool, y int, code uint8) {
	panic(boundsError{x: x, y: y, signed: signed, code: code})
}

func panicIndex(x int, y int)       { bounds(int64(x), true, y, boundsIndex) }
func panicIndexU(x uint, y int)     { bounds(int64(x), false, y, boundsIndex) }
func panicSliceAlen(x int, y int)   { bounds(int64(x), true, y, boundsSliceAlen) }
func panicSliceAlenU(x uint, y int) { bounds(int64(x), false, y, boundsSliceAlen) }
func panicSliceAcap(x int, y int)   { bounds(int64(x), true, y, boundsSliceAcap) }
func panicSliceAcapU(x uint, y int) { bounds(int64(x), false, y, boundsSliceAcap) }
func panicSliceB(x int, y int)      { bounds(int64(x), true, y, boundsSliceB) }
func panicSliceBU(x uint, y int)    { bounds(int64(x), false, y, boundsSliceB) }

func panicSlice3Alen(x int, y int)   { bounds(int64(x), true, y, boundsSlice3Alen) }
func panicSlice3AlenU(x uint, y int) { bounds(int64(x), false, y, boundsSlice3Alen) }
func panicSlice3Acap(x int, y int)   { bounds(int64(x), true, y, boundsSlice3Acap) }
func panicSlice3AcapU(x uint, y int) { bounds(int64(x), false, y, boundsSlice3Acap) }
func panicSlice3B(x int, y int)      { bounds(int64(x), true, y, boundsSlice3B) }
func panicSlice3BU(x uint, y int)    { bounds(int64(x), false, y, boundsSlice3B) }
func panicSlice3C(x int, y int)      { bounds(int64(x), true, y, boundsSlice3C) }
func panicSlice3CU(x uint, y int)    { bounds(int64(x), false, y, boundsSlice3C) }

// panicSliceConvert: x is the length of the array, y that of the slice.
func panicSliceConvert(x int, y int) { bounds(int64(x), true, y, boundsConvert) }
