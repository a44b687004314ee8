package runtime

import "unsafe"

// What sync and internal/poll wait with. Go counterpart: sema.go.

// Why a goroutine waits for a semaphore; the same numbers stand in the runtime.
const (
	semaPlain = iota
	semaMutex
	semaRWMutexR
	semaRWMutex
	semaWaitGroup
	semaWaitGroupDurable
)

func semacquire(addr *uint32, lifo bool, reason int) bool
func semrelease(addr *uint32, handoff bool) int64

// acquire takes a unit of the semaphore, waiting for one if need be.
func acquire(addr *uint32, lifo bool, reason int) {
	if blockrate == 0 {
		for !semacquire(addr, lifo, reason) {
		}
		return
	}
	w := startwait()
	for !semacquire(addr, lifo, reason) {
	}
	w.end()
}

// release gives a unit back; who was made to wait for it counts in the mutex profile.
func release(addr *uint32, handoff bool) {
	if start := semrelease(addr, handoff); start != 0 && mutexfraction > 0 {
		contentionevent(mutexProfile, int(nanotime()-start), mutexfraction, getframepointer())
	}
}

//go:linkname sync_runtime_Semacquire sync.runtime_Semacquire
func sync_runtime_Semacquire(addr *uint32) { acquire(addr, false, semaPlain) }

//go:linkname poll_runtime_Semacquire internal/poll.runtime_Semacquire
func poll_runtime_Semacquire(addr *uint32) { acquire(addr, false, semaPlain) }

//go:linkname internal_sync_runtime_SemacquireMutex internal/sync.runtime_SemacquireMutex
func internal_sync_runtime_SemacquireMutex(addr *uint32, lifo bool, skipframes int) {
	acquire(addr, lifo, semaMutex)
}

//go:linkname sync_runtime_SemacquireRWMutexR sync.runtime_SemacquireRWMutexR
func sync_runtime_SemacquireRWMutexR(addr *uint32, lifo bool, skipframes int) {
	acquire(addr, lifo, semaRWMutexR)
}

//go:linkname sync_runtime_SemacquireRWMutex sync.runtime_SemacquireRWMutex
func sync_runtime_SemacquireRWMutex(addr *uint32, lifo bool, skipframes int) {
	acquire(addr, lifo, semaRWMutex)
}

//go:linkname sync_runtime_SemacquireWaitGroup sync.runtime_SemacquireWaitGroup
func sync_runtime_SemacquireWaitGroup(addr *uint32, synctestDurable bool) {
	if synctestDurable {
		acquire(addr, false, semaWaitGroupDurable)
		return
	}
	acquire(addr, false, semaWaitGroup)
}

//go:linkname sync_runtime_Semrelease sync.runtime_Semrelease
func sync_runtime_Semrelease(addr *uint32, handoff bool, skipframes int) { release(addr, handoff) }

//go:linkname internal_sync_runtime_Semrelease internal/sync.runtime_Semrelease
func internal_sync_runtime_Semrelease(addr *uint32, handoff bool, skipframes int) {
	release(addr, handoff)
}

//go:linkname poll_runtime_Semrelease internal/poll.runtime_Semrelease
func poll_runtime_Semrelease(addr *uint32) { semrelease(addr, false) }

// A notifyList has the layout of sync's.
type notifyList struct {
	wait   uint32
	notify uint32
	lock   uintptr
	head   unsafe.Pointer
	tail   unsafe.Pointer
}

func notifylistadd(l *notifyList) uint32
func notifylistwait(l *notifyList, ticket uint32)
func notifylistnotifyall(l *notifyList)
func notifylistnotifyone(l *notifyList)

//go:linkname notifyListAdd sync.runtime_notifyListAdd
func notifyListAdd(l *notifyList) uint32 { return notifylistadd(l) }

//go:linkname notifyListWait sync.runtime_notifyListWait
func notifyListWait(l *notifyList, t uint32) {
	if blockrate == 0 {
		notifylistwait(l, t)
		return
	}
	w := startwait()
	notifylistwait(l, t)
	w.end()
}

//go:linkname notifyListNotifyAll sync.runtime_notifyListNotifyAll
func notifyListNotifyAll(l *notifyList) { notifylistnotifyall(l) }

//go:linkname notifyListNotifyOne sync.runtime_notifyListNotifyOne
func notifyListNotifyOne(l *notifyList) { notifylistnotifyone(l) }

//go:linkname notifyListCheck sync.runtime_notifyListCheck
func notifyListCheck(size uintptr) {
	if size != unsafe.Sizeof(notifyList{}) {
		throw("bad notifyList size")
	}
}
