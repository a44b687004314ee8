package runtime

import "unsafe"

// Weak pointers: a weak pointer is the address of a handle, a word that holds the pointer as a number until the
// object is gone.

//go:linkname weak_registerWeakPointer weak.runtime_registerWeakPointer
func weak_registerWeakPointer(p unsafe.Pointer) unsafe.Pointer {
	// Of a size that shares its block with nothing.
	fresh := new([2]uintptr)
	h := addweak(p, unsafe.Pointer(fresh))
	KeepAlive(p)
	return h
}

//go:linkname weak_makeStrongFromWeak weak.runtime_makeStrongFromWeak
func weak_makeStrongFromWeak(h unsafe.Pointer) unsafe.Pointer { return strongfromweak(h) }
