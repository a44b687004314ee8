package runtime

import "unsafe"

// What reflect and internal/reflectlite ask of the runtime. Types are internal/abi's in those packages and
// the mirrors of type.go here.

// zeroVal is what reflect and maps point to for a zero value that nobody writes.
var zeroVal [1024]byte

// Offsets in type descriptors.

// datastart is where the program's data begins, once somebody asked. Whoever asks first writes the same.
var datastart uintptr

// dataoff says what a NameOff or TypeOff means in a descriptor of the program, or in one that was made of them.
func dataoff(typ unsafe.Pointer, off int) unsafe.Pointer {
	if off <= 0 {
		return resolvedataoff(typ, off)
	}
	if datastart == 0 {
		datastart = uintptr(resolvedataoff(typ, off)) - uintptr(off)
	}
	return unsafe.Pointer(datastart + uintptr(off))
}

//go:linkname reflect_resolveNameOff reflect.resolveNameOff
func reflect_resolveNameOff(ptrInModule unsafe.Pointer, off int32) unsafe.Pointer {
	return dataoff(ptrInModule, int(off))
}

//go:linkname reflect_resolveTypeOff reflect.resolveTypeOff
func reflect_resolveTypeOff(rtype unsafe.Pointer, off int32) unsafe.Pointer {
	return dataoff(rtype, int(off))
}

//go:linkname reflect_resolveTextOff reflect.resolveTextOff
func reflect_resolveTextOff(rtype unsafe.Pointer, off int32) unsafe.Pointer {
	helper := calltypedmethod
	return unsafe.Pointer(resolvetextoff(rtype, int(off), *(*unsafe.Pointer)(unsafe.Pointer(&helper))))
}

//go:linkname reflectlite_resolveNameOff internal/reflectlite.resolveNameOff
func reflectlite_resolveNameOff(ptrInModule unsafe.Pointer, off int32) unsafe.Pointer {
	return dataoff(ptrInModule, int(off))
}

//go:linkname reflectlite_resolveTypeOff internal/reflectlite.resolveTypeOff
func reflectlite_resolveTypeOff(rtype unsafe.Pointer, off int32) unsafe.Pointer {
	return dataoff(rtype, int(off))
}

// A reflectOff keeps what has an offset made at run time: offsets hide it from the collector.
type reflectOff struct {
	ptr  unsafe.Pointer
	next *reflectOff
}

var reflectOffs *reflectOff

//go:linkname reflect_addReflectOff reflect.addReflectOff
func reflect_addReflectOff(ptr unsafe.Pointer) int32 {
	r := new(reflectOff)
	r.ptr = ptr
	for {
		old := reflectOffs
		r.next = old
		if casptr(unsafe.Pointer(&reflectOffs), unsafe.Pointer(old), unsafe.Pointer(r)) {
			break
		}
	}
	return int32(addreflectoff(ptr))
}

//go:linkname reflect_compiledTypelinks reflect.compiledTypelinks
func reflect_compiledTypelinks() ([]*_type, [][]*_type) {
	p, n := typelinks()
	return unsafe.Slice((**_type)(p), n), nil
}

//go:linkname reflect_adjustAIXGCDataForRuntime reflect.adjustAIXGCDataForRuntime
func reflect_adjustAIXGCDataForRuntime(addr *byte) *byte { return addr }

// Memory.

//go:linkname reflect_unsafe_New reflect.unsafe_New
func reflect_unsafe_New(typ *_type) unsafe.Pointer { return newobject(typ) }

//go:linkname reflectlite_unsafe_New internal/reflectlite.unsafe_New
func reflectlite_unsafe_New(typ *_type) unsafe.Pointer { return newobject(typ) }

//go:linkname reflect_unsafe_NewArray reflect.unsafe_NewArray
func reflect_unsafe_NewArray(typ *_type, n int) unsafe.Pointer {
	if !fits(typ.size, n) {
		panic(plainError("runtime: allocation size out of range"))
	}
	return newarray(typ, n)
}

//go:linkname reflect_memmove reflect.memmove
func reflect_memmove(dst, src unsafe.Pointer, n uintptr) { memmove(dst, src, n) }

//go:linkname reflect_memclrNoHeapPointers reflect.memclrNoHeapPointers
func reflect_memclrNoHeapPointers(p unsafe.Pointer, n uintptr) { memclr(p, n) }

//go:linkname reflect_typedmemmove reflect.typedmemmove
func reflect_typedmemmove(typ *_type, dst, src unsafe.Pointer) { typedmemmove(typ, dst, src) }

//go:linkname reflectlite_typedmemmove internal/reflectlite.typedmemmove
func reflectlite_typedmemmove(typ *_type, dst, src unsafe.Pointer) { typedmemmove(typ, dst, src) }

//go:linkname reflect_typedmemclr reflect.typedmemclr
func reflect_typedmemclr(typ *_type, ptr unsafe.Pointer) { typedmemclr(typ, ptr) }

// reflect_typedmemclrpartial zeroes size bytes of a value of the type; p points to them, off bytes into it.
//
//go:linkname reflect_typedmemclrpartial reflect.typedmemclrpartial
func reflect_typedmemclrpartial(typ *_type, p unsafe.Pointer, off, size uintptr) {
	if typ.ptrBytes == 0 {
		memclr(p, size)
		return
	}
	for i := uintptr(0); i+8 <= size; i += 8 {
		if typ.ispointer(off + i) {
			*(*unsafe.Pointer)(add(p, i)) = nil
		} else {
			*(*uint64)(add(p, i)) = 0
		}
	}
	memclr(add(p, size&^7), size&7)
}

//go:linkname reflect_typedslicecopy reflect.typedslicecopy
func reflect_typedslicecopy(elem *_type, dst, src slice) int {
	n := min(dst.len, src.len)
	if elem.ptrBytes == 0 {
		memmove(dst.array, src.array, uintptr(n)*elem.size)
	} else {
		typedslicecopy(elem, dst.array, src.array, n)
	}
	return n
}

//go:linkname reflect_typedarrayclear reflect.typedarrayclear
func reflect_typedarrayclear(typ *_type, ptr unsafe.Pointer, n int) {
	if typ.ptrBytes == 0 {
		memclr(ptr, uintptr(n)*typ.size)
	} else {
		typedsliceclr(typ, ptr, n)
	}
}

// reflect_growslice makes room for num more elements behind the capacity; the length stays.
//
//go:linkname reflect_growslice reflect.growslice
func reflect_growslice(et *_type, old slice, num int) slice {
	num -= old.cap - old.len
	s := growheap(old.array, old.cap+num, old.cap, num, et)
	s.len = old.len
	return s
}

//go:linkname reflect_unsafeslice reflect.unsafeslice
func reflect_unsafeslice(et *_type, ptr unsafe.Pointer, n int) {
	if n < 0 {
		panicunsafeslicelen()
	}
	if ptr == nil && n > 0 {
		panicunsafeslicenilptr()
	}
	if et.size != 0 && uintptr(n) > -uintptr(ptr)/et.size {
		panicunsafeslicelen()
	}
}

//go:linkname reflect_verifyNotInHeapPtr reflect.verifyNotInHeapPtr
func reflect_verifyNotInHeapPtr(p uintptr) bool { return !inheap(p) }

// reflect_gcbits says of each word that x points to whether it is a pointer, up to the last that is; reflect's tests ask.
//
//go:linkname reflect_gcbits reflect.gcbits
func reflect_gcbits(x any) []byte {
	t := elemOf(efaceOf(&x).typ)
	bits := make([]byte, t.ptrBytes/8)
	for i := range bits {
		if t.ispointer(uintptr(i) * 8) {
			bits[i] = 1
		}
	}
	return bits
}

// getStaticuint64s returns the values of one byte, for interfaces that hold one. They cannot be written.
func getStaticuint64s() *[256]uint64 { return (*[256]uint64)(staticuints()) }

// Interfaces.

//go:linkname reflect_ifaceE2I reflect.ifaceE2I
func reflect_ifaceE2I(inter *interfacetype, src any, dst unsafe.Pointer) { ifaceE2I(inter, src, dst) }

//go:linkname reflectlite_ifaceE2I internal/reflectlite.ifaceE2I
func reflectlite_ifaceE2I(inter *interfacetype, src any, dst unsafe.Pointer) { ifaceE2I(inter, src, dst) }

func ifaceE2I(inter *interfacetype, src any, dst unsafe.Pointer) {
	e := efaceOf(&src)
	i := (*iface)(dst)
	i.tab = assertE2I(inter, e.typ)
	i.data = e.data
}

// Calls.

// reflect_frameFunc finds the function type that reflect made the frame type of.
//
//go:linkname reflect_frameFunc reflect.frameFunc
func reflect_frameFunc(frame *_type) (ftyp *_type, receiver bool)

// reflectcall calls the func value, or the method whose code fn points to, with arguments from the frame, and leaves the
// results there. There are no register arguments: internal/abi has none on this architecture.
func reflectcall(frameType *_type, fn, frame unsafe.Pointer, argSize, retOffset, frameSize uint32, regs unsafe.Pointer) {
	layout, area := framecalllayout(frameType, nil, false)
	if layout == 0 {
		ftyp, receiver := reflect_frameFunc(frameType)
		layout, area = framecalllayout(frameType, ftyp, receiver)
	}
	callinframe(*(*uintptr)(fn), fn, layout, frame, area)
}

// callinframe is framecall, with room for the area if there is none: what framecalllayout says.
func callinframe(code uintptr, first unsafe.Pointer, layout uintptr, frame unsafe.Pointer, area int) {
	if area < 0 {
		area = ^area
		ensurestack(area)
	}
	framecall(code, first, layout, frame, area)
}

// A typedmethod is a method that is called with its receiver itself, not with an interface's word.
type typedmethod struct {
	typ    *_type // of the receiver
	ftyp   *_type
	code   uintptr
	helper unsafe.Pointer
}

// calltypedmethod is called by code that the runtime made for the method. The frame, which is on the stack, holds the
// receiver, the parameters, and the results.
func calltypedmethod(m *typedmethod, frame unsafe.Pointer, valid *bool, regs unsafe.Pointer) {
	// To the collector each word of the other frame is a pointer.
	words := make([]unsafe.Pointer, typedmethodwords(m))
	if m.typ.tflag&tflagDirectIface != 0 {
		words[0] = *(*unsafe.Pointer)(frame)
	} else {
		box := newobject(m.typ)
		typedmemmove(m.typ, box, frame)
		words[0] = box
	}
	word := unsafe.Pointer(&words[0])
	typedmethodmove(m, frame, word, false)
	layout, area := framecalllayout(nil, m.ftyp, true)
	callinframe(m.code, nil, layout, word, area)
	typedmethodmove(m, frame, word, true)
	*valid = true
}

// reflect_setMakeFunc is told by reflect what its made functions call.
//
//go:linkname reflect_setMakeFunc reflect.setMakeFunc
func reflect_setMakeFunc(callReflect, callMethod unsafe.Pointer) { setmakefunc(callReflect, callMethod) }

// Channels.

//go:linkname reflect_makechan reflect.makechan
func reflect_makechan(t *chantype, size int) *hchan { return makechan(t, size) }

//go:linkname reflect_chanlen reflect.chanlen
func reflect_chanlen(c *hchan) int { return chanlen(c) }

//go:linkname reflectlite_chanlen internal/reflectlite.chanlen
func reflectlite_chanlen(c *hchan) int { return chanlen(c) }

//go:linkname reflect_chancap reflect.chancap
func reflect_chancap(c *hchan) int { return chancap(c) }

//go:linkname reflect_chanclose reflect.chanclose
func reflect_chanclose(c *hchan) { closechan(c) }

//go:linkname reflect_chansend reflect.chansend0
func reflect_chansend(c *hchan, elem unsafe.Pointer, nb bool) bool {
	if !nb {
		chansend1(c, elem)
		return true
	}
	cases := new([1]scase)
	cases[0] = scase{c, elem}
	i, _ := selectgo(&cases[0], 1, 1, false)
	return i == 0
}

//go:linkname reflect_chanrecv reflect.chanrecv
func reflect_chanrecv(c *hchan, nb bool, elem unsafe.Pointer) (selected, received bool) {
	if !nb {
		return true, chanrecv2(c, elem)
	}
	cases := new([1]scase)
	cases[0] = scase{c, elem}
	i, open := selectgo(&cases[0], 1, 0, false)
	return i == 0, i == 0 && open
}

// A runtimeSelect is a case of reflect.Select.
type runtimeSelect struct {
	dir int
	typ unsafe.Pointer
	ch  *hchan
	val unsafe.Pointer
}

const (
	selectSend    = 1
	selectRecv    = 2
	selectDefault = 3
)

//go:linkname reflect_rselect reflect.rselect
func reflect_rselect(cases []runtimeSelect) (int, bool) {
	if len(cases) == 0 {
		block()
	}
	// Sends first, then receives: order says which case of the caller each is.
	sel := make([]scase, len(cases))
	order := make([]int, len(cases))
	deflt := -1
	nsends := 0
	for i := range cases {
		if cases[i].dir == selectSend {
			sel[nsends] = scase{cases[i].ch, cases[i].val}
			order[nsends] = i
			nsends++
		}
	}
	n := nsends
	for i := range cases {
		switch cases[i].dir {
		case selectDefault:
			deflt = i
		case selectRecv:
			sel[n] = scase{cases[i].ch, cases[i].val}
			order[n] = i
			n++
		}
	}
	if n == 0 {
		// A default case, and nothing else.
		return deflt, false
	}
	chosen, open := selectgo(&sel[0], n, nsends, deflt < 0)
	KeepAlive(sel)
	if chosen < 0 {
		return deflt, false
	}
	return order[chosen], chosen >= nsends && open
}
