package runtime

import "unsafe"

// Finalizers. The collector keeps them beside their objects and queues those that are due; a goroutine of the
// runtime's calls them, one after the other.

// How a finalizer is called.
const (
	finPointer   = 0 // with the object's address
	finInterface = 1 // with an interface: the record's word, and the object's address
	finBigResult = 2 // added: its results are returned in memory, of so many bytes as the bits from finBytesShift on say
	finBytesShift = 2
)

// A finrec is a finalizer that is due.
type finrec struct {
	fn   unsafe.Pointer // the func value
	arg  unsafe.Pointer // the object
	word unsafe.Pointer // type or method table of the interface
	mode int
}

// Numbers of the runtime's own goroutines, for systemgo.
const (
	systemgoFinalizers = iota
	systemgoCleanups
)

// KeepAlive makes sure that x has not been collected up to here.
//
//go:noinline
func KeepAlive(x any) {}

var escaped unsafe.Pointer

// keepescaped is called after a function with //go:uintptrescapes, with what that got as a uintptr. It takes the pointer
// for one that leaves its function, though it never does.
//
//go:noinline
func keepescaped(p unsafe.Pointer) {
	if uintptr(p) == ^uintptr(0) {
		escaped = p
	}
}

// The in and out types of a function stand behind its descriptor, and behind what named types have there.
type functype struct {
	typ      _type
	inCount  uint16
	outCount uint16 // the highest bit: variadic
}

const (
	tflagUncommon  = 1
	sizeofUncommon = 16
	outVariadic    = 1 << 15
)

func (t *functype) at(i int) *_type {
	p := add(unsafe.Pointer(t), unsafe.Sizeof(*t))
	if t.typ.tflag&tflagUncommon != 0 {
		p = add(p, sizeofUncommon)
	}
	return *(**_type)(add(p, uintptr(i)*8))
}

func (t *functype) outs() int { return int(t.outCount &^ outVariadic) }

// elemOf returns what a type of kind pointer points to.
func elemOf(t *_type) *_type {
	return *(**_type)(add(unsafe.Pointer(t), unsafe.Sizeof(*t)))
}

// SetFinalizer sets what is called, by a goroutine of its own, when the object that obj points to is no longer
// reachable; a nil finalizer takes it away.
func SetFinalizer(obj any, finalizer any) {
	e := efaceOf(&obj)
	etyp := e.typ
	if etyp == nil {
		throw("runtime.SetFinalizer: first argument is nil")
	}
	if etyp.kind != kindPointer {
		throw("runtime.SetFinalizer: first argument is " + typestring(etyp) + ", not pointer")
	}
	elem := elemOf(etyp)
	if elem == nil {
		throw("nil elem type!")
	}
	base, _ := findobject(e.data)
	switch {
	case base == 0:
		throw("runtime.SetFinalizer: pointer not in allocated block")
	case base == 1:
		// A variable, or no memory at all: it never becomes unreachable.
		return
	case base != uintptr(e.data) && (elem.ptrBytes != 0 || elem.size >= 16):
		// Small values without pointers may share a block.
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block")
	}
	f := efaceOf(&finalizer)
	if f.typ == nil {
		removefinalizer(e.data)
		return
	}
	if f.typ.kind != kindFunc {
		throw("runtime.SetFinalizer: second argument is " + typestring(f.typ) + ", not a function")
	}
	word, mode := finalizerCall(etyp, elem, (*functype)(unsafe.Pointer(f.typ)))
	systemgo(systemgoFinalizers, runFinalizers)
	if !addfinalizer(e.data, f.data, word, mode) {
		throw("runtime.SetFinalizer: finalizer already set")
	}
	KeepAlive(obj)
}

// finalizerCall decides how a finalizer of type ft is called with an object that etyp, a pointer, points to.
func finalizerCall(etyp, elem *_type, ft *functype) (unsafe.Pointer, int) {
	mode := finResults(ft)
	cannot := "runtime.SetFinalizer: cannot pass " + typestring(etyp) + " to finalizer " + typestring(&ft.typ)
	if ft.outCount&outVariadic != 0 {
		throw(cannot + " because dotdotdot")
	}
	if ft.inCount != 1 {
		throw(cannot)
	}
	in := ft.at(0)
	switch {
	case in == etyp:
		return nil, mode | finPointer
	case in.kind == kindPointer:
		named := in.tflag&tflagUncommon != 0 && etyp.tflag&tflagUncommon != 0
		if !named && elemOf(in) == elem {
			return nil, mode | finPointer
		}
	case in.kind == kindInterface:
		inter := (*interfacetype)(unsafe.Pointer(in))
		if len(inter.methods) == 0 {
			return unsafe.Pointer(etyp), mode | finInterface
		}
		if tab := finditab(inter, etyp); tab != nil {
			return unsafe.Pointer(tab), mode | finInterface
		}
	}
	throw(cannot)
	return nil, 0
}

// finResults tells whether the results of the function are returned in memory, as the calling convention has it, and
// how big they are: finBigResult and the size, or 0.
func finResults(ft *functype) int {
	scalars, bytes := 0, uintptr(0)
	memory := false
	for i := 0; i < ft.outs(); i++ {
		t := ft.at(int(ft.inCount) + i)
		bytes = (bytes+uintptr(t.align)-1)&^(uintptr(t.align)-1) + t.size
		n := scalarsOf(t)
		scalars += n
		memory = memory || n > 4 || scalars > 6
	}
	if !memory {
		return 0
	}
	return finBigResult | int(bytes)<<finBytesShift
}

// scalarsOf returns into how many scalars a value flattens, more than four if it does not.
func scalarsOf(t *_type) int {
	switch t.kind {
	case kindString, kindInterface, kindComplex64, kindComplex128:
		return 2
	case kindSlice:
		return 3
	case kindStruct:
		n := 0
		st := (*structtype)(unsafe.Pointer(t))
		for i := range st.fields {
			n += scalarsOf(st.fields[i].typ)
		}
		return n
	case kindArray:
		at := (*arraytype)(unsafe.Pointer(t))
		if at.len == 0 {
			return 0
		}
		if at.len > 4 {
			return 5
		}
		return int(at.len) * scalarsOf(at.elem)
	}
	return 1
}

// runFinalizers is the goroutine that calls finalizers.
func runFinalizers() {
	r := new(finrec)
	for {
		if finnext(r) != 0 {
			getg().inuser = 1
			callfinalizer(r)
			getg().inuser = 0
		}
	}
}

// callfinalizer calls one. The record is emptied first: it must not keep the object alive meanwhile.
//
//go:noinline
func callfinalizer(r *finrec) {
	fn, arg, word, mode := r.fn, r.arg, r.word, r.mode
	*r = finrec{}
	// Results in memory: their address is the first argument. Nobody reads them, so the block needs no pointers.
	var results unsafe.Pointer
	if mode&finBigResult != 0 {
		results = rawmem(uintptr(mode)>>finBytesShift + 8)
	}
	switch mode & (finInterface | finBigResult) {
	case finPointer:
		(*(*func(unsafe.Pointer))(unsafe.Pointer(&fn)))(arg)
	case finInterface:
		(*(*func(a, b unsafe.Pointer))(unsafe.Pointer(&fn)))(word, arg)
	case finPointer | finBigResult:
		(*(*func(r, a unsafe.Pointer))(unsafe.Pointer(&fn)))(results, arg)
	case finInterface | finBigResult:
		(*(*func(r, a, b unsafe.Pointer))(unsafe.Pointer(&fn)))(results, word, arg)
	}
	KeepAlive(results)
}
