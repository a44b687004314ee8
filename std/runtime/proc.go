package runtime

// Pinning to a P, spinning. Go counterpart: proc.go.

func procpin() int
func procunpin()
func canspin(turn int) bool
func dospin()

//go:linkname procPin
func procPin() int {
	for {
		if id := procpin(); id >= 0 {
			return id
		}
		gosched()
	}
}

//go:linkname procUnpin
func procUnpin() { procunpin() }

//go:linkname sync_runtime_procPin sync.runtime_procPin
func sync_runtime_procPin() int { return procPin() }

//go:linkname sync_runtime_procUnpin sync.runtime_procUnpin
func sync_runtime_procUnpin() { procunpin() }

//go:linkname sync_atomic_runtime_procPin sync/atomic.runtime_procPin
func sync_atomic_runtime_procPin() int { return procPin() }

//go:linkname sync_atomic_runtime_procUnpin sync/atomic.runtime_procUnpin
func sync_atomic_runtime_procUnpin() { procunpin() }

//go:linkname internal_sync_runtime_canSpin internal/sync.runtime_canSpin
func internal_sync_runtime_canSpin(i int) bool { return canspin(i) }

//go:linkname internal_sync_runtime_doSpin internal/sync.runtime_doSpin
func internal_sync_runtime_doSpin() { dospin() }

func lockosthread()
func unlockosthread()
func setmaxthreads(n int) int
func defaultgomaxprocs()

// LockOSThread makes the calling goroutine stay on its thread, which runs no other, until as many calls of
// UnlockOSThread. If it ends before, so does the thread.
func LockOSThread() { lockosthread() }

// UnlockOSThread takes one call of LockOSThread back.
func UnlockOSThread() { unlockosthread() }

// SetDefaultGOMAXPROCS sets GOMAXPROCS to what it is if nobody sets it, and lets it follow the CPUs.
func SetDefaultGOMAXPROCS() { defaultgomaxprocs() }

//go:linkname setMaxThreads runtime/debug.setMaxThreads
func setMaxThreads(n int) int { return setmaxthreads(n) }
