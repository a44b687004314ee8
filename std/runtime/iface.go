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

// assertE2I returns the method table of t as the interface, and panics if t lacks a method.
func assertE2I(inter *interfacetype, t *_type) *itab {
	if t == nil {
		panic(&TypeAssertionError{nil, nil, &inter.typ, ""})
	}
	tab := getitab(inter, t)
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
	return getitab(inter, t)
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
