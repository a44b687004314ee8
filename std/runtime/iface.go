package runtime

import "unsafe"

// Interfaces: comparison, conversion between them, failed assertions.

// efaceeq compares the data words of two interface values that both hold the type t.
func efaceeq(t *_type, x, y unsafe.Pointer) bool {
	if t == nil {
		return true
	}
	eq := t.equal
	if eq == nil {
		panic(errorString("comparing uncomparable type " + typestring(t)))
	}
	if t.tflag&tflagDirectIface != 0 {
		return x == y
	}
	return eq(x, y)
}

// ifaceeq is efaceeq for interface values with methods.
func ifaceeq(tab *itab, x, y unsafe.Pointer) bool {
	if tab == nil {
		return true
	}
	return efaceeq(tab.typ, x, y)
}

// itabs holds method tables found lately, by a hash of their pair. Tables are never freed, and each word here is written at
// once, so no lock is needed. A table without code for its first method says that there can be none.
var itabs [1024]uintptr

// finditab returns the method table of t as the interface, which has methods; nil if t lacks one.
func finditab(inter *interfacetype, t *_type) *itab {
	i, c := uintptr(unsafe.Pointer(inter)), uintptr(unsafe.Pointer(t))
	slot := &itabs[(i>>4^c>>3^c>>13)%uintptr(len(itabs))]
	tab := (*itab)(unsafe.Pointer(*slot))
	if tab == nil || tab.inter != inter || tab.typ != t {
		tab = getitab(inter, t)
		*slot = uintptr(unsafe.Pointer(tab))
	}
	if tab.fun[0] == 0 {
		return nil
	}
	return tab
}

// assertE2I returns the method table of t as the interface, and panics if t lacks a method.
func assertE2I(inter *interfacetype, t *_type) *itab {
	if t == nil {
		panic(&TypeAssertionError{nil, nil, &inter.typ, ""})
	}
	tab := finditab(inter, t)
	if tab == nil {
		panic(&TypeAssertionError{nil, t, &inter.typ, missingmethod(inter, t)})
	}
	return tab
}

// assertE2I2 is assertE2I that returns nil instead of panicking.
func assertE2I2(inter *interfacetype, t *_type) *itab {
	if t == nil {
		return nil
	}
	return finditab(inter, t)
}

// panicdottypeE: an interface value holds the type have, not want.
func panicdottypeE(have, want, iface *_type) {
	panic(&TypeAssertionError{iface, have, want, ""})
}

// panicdottypeI is panicdottypeE for an interface with methods.
func panicdottypeI(have *itab, want, iface *_type) {
	var t *_type
	if have != nil {
		t = have.typ
	}
	panicdottypeE(t, want, iface)
}

// panicnildottype: an interface value is nil, where want was asserted.
func panicnildottype(want *_type) {
	panic(&TypeAssertionError{nil, nil, want, ""})
}
