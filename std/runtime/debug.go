package runtime

import "unsafe"

// What runtime/debug asks, but for the collector's part.

// setTraceback changes how much a fatal error shows; the environment's GOTRACEBACK stays the least.
//
//go:linkname setTraceback runtime/debug.SetTraceback
func setTraceback(level string) { settraceback(level) }

//go:linkname setPanicOnFault runtime/debug.setPanicOnFault
func setPanicOnFault(enabled bool) bool {
	gp := getg()
	old := gp.faultpanics != 0
	gp.faultpanics = 0
	if enabled {
		gp.faultpanics = 1
	}
	return old
}

// The program carries no module information.
//
//go:linkname debug_modinfo runtime/debug.modinfo
func debug_modinfo() string { return "" }

//go:linkname runtime_debug_WriteHeapDump runtime/debug.WriteHeapDump
func runtime_debug_WriteHeapDump(fd uintptr) {
	panic(plainError("runtime/debug.WriteHeapDump is not supported yet"))
}

// setCrashFD makes a fatal error's report go to fd too.
func setCrashFD(fd uintptr) uintptr { return uintptr(setcrashfd(int(fd))) }

// Stack writes a traceback of the calling goroutine into buf and returns its length; with all, of the other
// goroutines too.
func Stack(buf []byte, all bool) int {
	if len(buf) == 0 {
		return 0
	}
	return stacktrace(getframepointer(), unsafe.Pointer(&buf[0]), len(buf), all)
}
