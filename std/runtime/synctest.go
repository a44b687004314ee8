package runtime

import "unsafe"

// Bubbles of testing/synctest. Who is in which, and when all of them are blocked, the scheduler knows. Go counterpart:
// synctest.go.

func bubblebegin()
func bubbleend() int
func bubbletimer() (t *timeTimer, delta int64)
func bubblepark()
func bubblewait() bool
func bubblewaited()
func bubbleadvance() bool
func bubblenow() int64
func bubblehold(id uint64, hold bool)
func bubbleassociate(p unsafe.Pointer, id uint64, add bool) int
func bubbledisassociate(p unsafe.Pointer)

// How bubbleend says the root left its bubble.
const (
	bubbleClean = iota
	bubbleLeftBehind
	bubbleDeadlock
)

//go:linkname synctestRun internal/synctest.Run
func synctestRun(f func()) {
	if getg().bubble != 0 {
		panic("synctest.Run called from within a synctest bubble")
	}
	bubblebegin()
	go f()
	for {
		for {
			t, delta := bubbletimer()
			if t == nil {
				break
			}
			t.f(t.arg, 0, delta)
			timersent(t)
		}
		bubblepark()
		if !bubbleadvance() {
			break
		}
	}
	switch bubbleend() {
	case bubbleLeftBehind:
		panic(synctestDeadlockError("deadlock: main bubble goroutine has exited but blocked goroutines remain"))
	case bubbleDeadlock:
		panic(synctestDeadlockError("deadlock: all goroutines in bubble are blocked"))
	}
}

// A synctestDeadlockError says what goroutines wait for each other.
type synctestDeadlockError string

func (e synctestDeadlockError) Error() string { return string(e) }

//go:linkname synctestWait internal/synctest.Wait
func synctestWait() {
	if getg().bubble == 0 {
		panic("goroutine is not in a bubble")
	}
	if !bubblewait() {
		panic("wait already in progress")
	}
	bubblewaited()
}

//go:linkname synctest_isInBubble internal/synctest.IsInBubble
func synctest_isInBubble() bool { return getg().bubble != 0 }

// A heldBubble is what internal/synctest keeps of a bubble.
type heldBubble uint64

//go:linkname synctest_acquire internal/synctest.acquire
func synctest_acquire() any {
	id := getg().bubble
	if id == 0 {
		return nil
	}
	bubblehold(id, true)
	return heldBubble(id)
}

//go:linkname synctest_release internal/synctest.release
func synctest_release(bubble any) { bubblehold(uint64(bubble.(heldBubble)), false) }

//go:linkname synctest_inBubble internal/synctest.inBubble
func synctest_inBubble(bubble any, f func()) {
	if getg().bubble != 0 {
		panic("goroutine is already bubbled")
	}
	getg().bubble = uint64(bubble.(heldBubble))
	defer func() { getg().bubble = 0 }()
	f()
}

//go:linkname synctest_associate internal/synctest.associate
func synctest_associate(p unsafe.Pointer) int { return bubbleassociate(p, getg().bubble, true) }

//go:linkname synctest_disassociate internal/synctest.disassociate
func synctest_disassociate(p unsafe.Pointer) { bubbledisassociate(p) }

//go:linkname synctest_isAssociated internal/synctest.isAssociated
func synctest_isAssociated(p unsafe.Pointer) bool {
	return bubbleassociate(p, getg().bubble, false) == 1
}
