package runtime

import "unsafe"

// Run-time types, in the layout of internal/abi. The compiler makes them; this file names the parts
// that the runtime's own Go code reads.

type _type struct {
	size       uintptr
	ptrBytes   uintptr
	hash       uint32
	tflag      uint8
	align      uint8
	fieldAlign uint8
	kind       uint8
	equal      func(unsafe.Pointer, unsafe.Pointer) bool
	gcdata     *byte
	str        int32
	ptrToThis  int32
}

const (
	tflagGCMaskOnDemand = 16
	tflagDirectIface    = 32
)

// ispointer tells whether the word off bytes into a value of the type is a pointer.
func (t *_type) ispointer(off uintptr) bool {
	if off >= t.ptrBytes {
		return false
	}
	word := off / 8
	bits := *(*uint8)(add(unsafe.Pointer(t.gcdata), word/8))
	return bits>>(word%8)&1 != 0
}

const (
	kindBool = 1 + iota
	kindInt
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindUint
	kindUint8
	kindUint16
	kindUint32
	kindUint64
	kindUintptr
	kindFloat32
	kindFloat64
	kindComplex64
	kindComplex128
	kindArray
	kindChan
	kindFunc
	kindInterface
	kindMap
	kindPointer
	kindSlice
	kindString
	kindStruct
	kindUnsafePointer
)

type imethod struct {
	name int32
	typ  int32
}

type interfacetype struct {
	typ     _type
	pkgPath *byte
	methods []imethod
}

type chantype struct {
	typ  _type
	elem *_type
	dir  int
}

type itab struct {
	inter *interfacetype
	typ   *_type
	hash  uint32
	fun   [1]uintptr
}

type iface struct {
	tab  *itab
	data unsafe.Pointer
}

type eface struct {
	typ  *_type
	data unsafe.Pointer
}

func efaceOf(p *any) *eface {
	return (*eface)(unsafe.Pointer(p))
}

func add(p unsafe.Pointer, n uintptr) unsafe.Pointer {
	return unsafe.Pointer(uintptr(p) + n)
}

// g is the head of a goroutine descriptor. It is not in the collected heap; its pointers are roots of the
// goroutine.
type g struct {
	_defer    *_defer
	_panic    *_panic
	stackhi   uintptr
	stacklo   uintptr
	goid      uint64
	ret0      uint64
	ret1      uint64
	param     unsafe.Pointer
	faultpc   uintptr
	faultaddr uintptr
	trap      uintptr
	blocking  uintptr
	fips      uint64
	faultpanics uint64
	labels      unsafe.Pointer // of runtime/pprof
	parks       uint64
	bubble      uint64 // of testing/synctest
	inuser      uint64 // a goroutine of the runtime's is in a function of the program
}
