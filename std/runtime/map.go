package runtime

import "unsafe"

// What internal/runtime/maps asks of the runtime. The compiler calls that package itself.

//go:linkname maps_errNilAssign internal/runtime/maps.errNilAssign
var maps_errNilAssign error = plainError("assignment to entry in nil map")

//go:linkname maps_fatal internal/runtime/maps.fatal
func maps_fatal(s string) {
	throw(s)
}

//go:linkname maps_typeString internal/runtime/maps.typeString
func maps_typeString(typ *_type) string {
	return typestring(typ)
}

// bootstrapRand is called before the program starts.
func bootstrapRand() uint64 {
	return fastrand()
}

//go:linkname maps_rand internal/runtime/maps.rand
func maps_rand() uint64 {
	return fastrand()
}

//go:linkname maps_typedmemmove internal/runtime/maps.typedmemmove
func maps_typedmemmove(typ *_type, dst, src unsafe.Pointer) {
	typedmemmove(typ, dst, src)
}

//go:linkname maps_typedmemclr internal/runtime/maps.typedmemclr
func maps_typedmemclr(typ *_type, ptr unsafe.Pointer) {
	typedmemclr(typ, ptr)
}

//go:linkname maps_newarray internal/runtime/maps.newarray
func maps_newarray(typ *_type, n int) unsafe.Pointer {
	return newarray(typ, n)
}

//go:linkname maps_newobject internal/runtime/maps.newobject
func maps_newobject(typ *_type) unsafe.Pointer {
	return newobject(typ)
}

// What package maps defines.

//go:linkname maps_NewMap internal/runtime/maps.NewMap
func maps_NewMap(t *_type, hint uintptr, m unsafe.Pointer, maxAlloc uintptr) unsafe.Pointer

//go:linkname mapaccess2 internal/runtime/maps.runtime_mapaccess2
func mapaccess2(t *_type, m, key unsafe.Pointer) (unsafe.Pointer, bool)

//go:linkname mapassign internal/runtime/maps.runtime_mapassign
func mapassign(t *_type, m, key unsafe.Pointer) unsafe.Pointer

//go:linkname mapaccess2_faststr internal/runtime/maps.runtime_mapaccess2_faststr
func mapaccess2_faststr(t *_type, m unsafe.Pointer, key string) (unsafe.Pointer, bool)

//go:linkname mapassign_faststr internal/runtime/maps.runtime_mapassign_faststr
func mapassign_faststr(t *_type, m unsafe.Pointer, key string) unsafe.Pointer

//go:linkname mapdelete_faststr internal/runtime/maps.runtime_mapdelete_faststr
func mapdelete_faststr(t *_type, m unsafe.Pointer, key string)

//go:linkname mapdelete internal/runtime/maps.(*Map).Delete
func mapdelete(m unsafe.Pointer, t *_type, key unsafe.Pointer)

//go:linkname mapclear internal/runtime/maps.(*Map).Clear
func mapclear(m unsafe.Pointer, t *_type)

//go:linkname mapclone internal/runtime/maps.(*Map).Clone
func mapclone(m unsafe.Pointer, t *_type) unsafe.Pointer

// What reflect and package maps ask.

//go:linkname reflect_makemap reflect.makemap
func reflect_makemap(t *_type, n int) unsafe.Pointer {
	return maps_NewMap(t, uintptr(max(n, 0)), nil, 1<<48)
}

//go:linkname reflect_mapaccess reflect.mapaccess
func reflect_mapaccess(t *_type, m, key unsafe.Pointer) unsafe.Pointer {
	elem, ok := mapaccess2(t, m, key)
	if !ok {
		return nil
	}
	return elem
}

//go:linkname reflect_mapaccess_faststr reflect.mapaccess_faststr
func reflect_mapaccess_faststr(t *_type, m unsafe.Pointer, key string) unsafe.Pointer {
	elem, ok := mapaccess2_faststr(t, m, key)
	if !ok {
		return nil
	}
	return elem
}

type maptype struct {
	typ  _type
	key  *_type
	elem *_type
}

//go:linkname reflect_mapassign0 reflect.mapassign0
func reflect_mapassign0(t *_type, m, key, elem unsafe.Pointer) {
	typedmemmove((*maptype)(unsafe.Pointer(t)).elem, mapassign(t, m, key), elem)
}

//go:linkname reflect_mapassign_faststr0 reflect.mapassign_faststr0
func reflect_mapassign_faststr0(t *_type, m unsafe.Pointer, key string, elem unsafe.Pointer) {
	typedmemmove((*maptype)(unsafe.Pointer(t)).elem, mapassign_faststr(t, m, key), elem)
}

//go:linkname reflect_mapdelete reflect.mapdelete
func reflect_mapdelete(t *_type, m, key unsafe.Pointer) {
	mapdelete(m, t, key)
}

//go:linkname reflect_mapdelete_faststr reflect.mapdelete_faststr
func reflect_mapdelete_faststr(t *_type, m unsafe.Pointer, key string) {
	mapdelete_faststr(t, m, key)
}

//go:linkname reflect_mapclear reflect.mapclear
func reflect_mapclear(t *_type, m unsafe.Pointer) {
	mapclear(m, t)
}

//go:linkname reflect_maplen reflect.maplen
func reflect_maplen(m unsafe.Pointer) int {
	if m == nil {
		return 0
	}
	return *(*int)(m)
}

//go:linkname reflectlite_maplen internal/reflectlite.maplen
func reflectlite_maplen(m unsafe.Pointer) int {
	return reflect_maplen(m)
}

//go:linkname reflect_typehash reflect.typehash
func reflect_typehash(t *_type, p unsafe.Pointer, h uintptr) uintptr {
	return typehash(t, p, h)
}

//go:linkname maps_clone maps.clone
func maps_clone(m any) any {
	e := efaceOf(&m)
	e.data = mapclone(e.data, e.typ)
	return m
}
