package runtime

import "unsafe"

// Hash functions that compiled ones call: of numbers of which equal ones differ in memory, and of values whose
// type is known at run time only.

//go:linkname memhash internal/runtime/maps.MemHash
func memhash(p unsafe.Pointer, h, s uintptr) uintptr

//go:linkname memhash32 internal/runtime/maps.MemHash32
func memhash32(k uint32, h uintptr) uintptr

//go:linkname memhash64 internal/runtime/maps.MemHash64
func memhash64(k uint64, h uintptr) uintptr

//go:linkname strhash internal/runtime/maps.StrHash
func strhash(s string, h uintptr) uintptr

//go:linkname maphash_memhash hash/maphash.runtime_memhash
func maphash_memhash(p unsafe.Pointer, seed, s uintptr) uintptr {
	return memhash(p, seed, s)
}

// A NaN is equal to nothing, not even itself: any hash will do, and a random one keeps chains short.

func f32hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float32)(p)
	if f == 0 {
		return memhash32(0, h) // both zeros
	}
	if f != f {
		return memhash64(fastrand(), h)
	}
	return memhash32(*(*uint32)(p), h)
}

func f64hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float64)(p)
	if f == 0 {
		return memhash64(0, h)
	}
	if f != f {
		return memhash64(fastrand(), h)
	}
	return memhash64(*(*uint64)(p), h)
}

func c64hash(p unsafe.Pointer, h uintptr) uintptr {
	return f32hash(add(p, 4), f32hash(p, h))
}

func c128hash(p unsafe.Pointer, h uintptr) uintptr {
	return f64hash(add(p, 8), f64hash(p, h))
}

// interhash hashes an interface value with methods.
func interhash(p unsafe.Pointer, h uintptr) uintptr {
	tab := *(**itab)(p)
	if tab == nil {
		return h
	}
	return dynamichash(tab.typ, add(p, 8), h)
}

// nilinterhash hashes an interface value without methods.
func nilinterhash(p unsafe.Pointer, h uintptr) uintptr {
	t := *(**_type)(p)
	if t == nil {
		return h
	}
	return dynamichash(t, add(p, 8), h)
}

// dynamichash hashes the value of type t in the data word at word.
func dynamichash(t *_type, word unsafe.Pointer, h uintptr) uintptr {
	if t.equal == nil {
		panic(errorString("hash of unhashable type " + typestring(t)))
	}
	if t.tflag&tflagDirectIface == 0 {
		return typehash(t, *(*unsafe.Pointer)(word), h)
	}
	if t.tflag&tflagRegularMemory != 0 {
		return memhash64(*(*uint64)(word), h)
	}
	return typehash(t, word, h)
}

type arraytype struct {
	typ   _type
	elem  *_type
	slice *_type
	len   uintptr
}

type structfield struct {
	name   *byte
	typ    *_type
	offset uintptr
}

type structtype struct {
	typ     _type
	pkgPath *byte
	fields  []structfield
}

// isBlank says if an encoded name is "_": flags, length, text.
func isBlank(name *byte) bool {
	p := unsafe.Pointer(name)
	return *(*byte)(add(p, 1)) == 1 && *(*byte)(add(p, 2)) == '_'
}

const tflagRegularMemory = 8

// typehash hashes the value of a comparable type at p.
func typehash(t *_type, p unsafe.Pointer, h uintptr) uintptr {
	if t.tflag&tflagRegularMemory != 0 {
		switch t.size {
		case 4:
			return memhash32(*(*uint32)(p), h)
		case 8:
			return memhash64(*(*uint64)(p), h)
		}
		return memhash(p, h, t.size)
	}
	switch t.kind {
	case kindFloat32:
		return f32hash(p, h)
	case kindFloat64:
		return f64hash(p, h)
	case kindComplex64:
		return c64hash(p, h)
	case kindComplex128:
		return c128hash(p, h)
	case kindString:
		return strhash(*(*string)(p), h)
	case kindInterface:
		if len((*interfacetype)(unsafe.Pointer(t)).methods) == 0 {
			return nilinterhash(p, h)
		}
		return interhash(p, h)
	case kindArray:
		a := (*arraytype)(unsafe.Pointer(t))
		for i := uintptr(0); i < a.len; i++ {
			h = typehash(a.elem, add(p, i*a.elem.size), h)
		}
		return h
	case kindStruct:
		for _, f := range (*structtype)(unsafe.Pointer(t)).fields {
			if !isBlank(f.name) {
				h = typehash(f.typ, add(p, f.offset), h)
			}
		}
		return h
	}
	panic(errorString("hash of unhashable type " + typestring(t)))
}
