package runtime

import "unsafe"

// Cleanups: as finalizers, but they get an argument instead of the object, an object may have many, and it is gone
// when they run.

// AddCleanup attaches a cleanup to what ptr points to: some time after it has become unreachable, a goroutine of
// the runtime's calls cleanup(arg).
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) Cleanup {
	if ptr == nil {
		panic("runtime.AddCleanup: ptr is nil")
	}
	p := unsafe.Pointer(ptr)
	fn := *(*unsafe.Pointer)(unsafe.Pointer(&cleanup))
	var boxed any = arg
	e := efaceOf(&boxed)
	argp := unsafe.Pointer(nil)
	if e.typ != nil && (e.typ.kind == kindPointer || e.typ.kind == kindUnsafePointer) {
		argp = e.data
	}
	if !checkCleanup(p, fn, argp) {
		return Cleanup{}
	}
	call := func() { cleanup(arg) }
	systemgo(systemgoCleanups, runCleanups)
	id := addcleanup(p, *(*unsafe.Pointer)(unsafe.Pointer(&call)))
	KeepAlive(ptr)
	return Cleanup{id, uintptr(p)}
}

// checkCleanup panics if the cleanup could never run, and returns false if there is nothing to clean up: the object
// is a variable, which never becomes unreachable.
func checkCleanup(p, fn, argp unsafe.Pointer) bool {
	if p == argp {
		panic("runtime.AddCleanup: ptr is equal to arg, cleanup will never run")
	}
	base, size := findobject(p)
	if base == 0 {
		panic("runtime.AddCleanup: ptr not in allocated block")
	}
	if base == 1 {
		return false
	}
	if argp != nil && uintptr(argp)-base < size && size > 16 {
		panic("runtime.AddCleanup: ptr is within arg, cleanup will never run")
	}
	if objectholds(fn, base, size) {
		panic("runtime.AddCleanup: cleanup function closes over ptr, cleanup will never run")
	}
	return true
}

// A Cleanup is a handle of a cleanup.
type Cleanup struct {
	id  uint64
	ptr uintptr
}

// Stop takes the cleanup away, unless its object has become unreachable already.
func (c Cleanup) Stop() {
	if c.id != 0 {
		stopcleanup(c.ptr, c.id)
	}
}

// runCleanups is the goroutine that calls cleanups.
func runCleanups() {
	for {
		if fn := cleanupnext(); fn != nil {
			getg().inuser = 1
			(*(*func())(unsafe.Pointer(&fn)))()
			getg().inuser = 0
			cleanupsRun++
		}
	}
}

// cleanupsRun counts the cleanups that have returned. Only runCleanups writes it.
var cleanupsRun uint64

// blockUntilEmptyCleanupQueue waits until all cleanups that were due have returned. It returns false if they have not
// after so many nanoseconds.
func blockUntilEmptyCleanupQueue(timeout int64) bool {
	start := nanotime()
	for {
		snapshotmetrics()
		if _, queued := readmetric("/gc/cleanups/queued:cleanups"); cleanupsRun >= queued {
			return true
		}
		if nanotime()-start > timeout {
			return false
		}
		timesleep(1e6)
	}
}

// Tests of the library ask for it.

//go:linkname unique_runtime_blockUntilEmptyCleanupQueue unique.runtime_blockUntilEmptyCleanupQueue
func unique_runtime_blockUntilEmptyCleanupQueue(timeout int64) bool {
	return blockUntilEmptyCleanupQueue(timeout)
}

//go:linkname sync_test_runtime_blockUntilEmptyCleanupQueue sync_test.runtime_blockUntilEmptyCleanupQueue
func sync_test_runtime_blockUntilEmptyCleanupQueue(timeout int64) bool {
	return blockUntilEmptyCleanupQueue(timeout)
}
