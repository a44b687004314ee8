package runtime

import "unsafe"

// Sleep, clocks and the timers of package time. Go counterpart: time.go.

func walltime() (sec int64, nsec int64)
func timesleep(ns int64)
func timerinit(t *timeTimer, channel bool)
func timerstart(t *timeTimer, when, period int64) int
func timerstop(t *timeTimer) int
func timerblock(t *timeTimer, blocks bool)
func timerlook(t *timeTimer) int64
func timersent(t *timeTimer)
func timernext() (t *timeTimer, delta int64)
func starttimercaller(fn func())
func chandrain(c *hchan) bool

// A timeTimer is the object behind a time.Timer or time.Ticker, of which those are the head. The runtime
// keeps the state; f is called by the goroutine timerproc, or by one that looks at the channel.
type timeTimer struct {
	c     *hchan
	init  bool
	state struct {
		lock, home     uint32
		when, period   int64
		generation     uint64
		blocked, flags uint32
	}
	bubble uint64 // by whose clock it goes, 0 none
	f   func(any, uintptr, int64)
	arg any
}

//go:linkname timeSleep time.Sleep
func timeSleep(ns int64) { timesleep(ns) }

// haveHighResSleep tells tests of package time that a sleep is as exact as the clock.
//
//go:linkname haveHighResSleep
var haveHighResSleep = true

//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	s, n := walltime()
	return s, int32(n), nanotime()
}

// In a bubble there is no monotonic time: it would mean nothing beside times of the outside.
//
//go:linkname time_runtimeNow time.runtimeNow
func time_runtimeNow() (sec int64, nsec int32, mono int64) {
	if getg().bubble != 0 {
		now := bubblenow()
		return now / 1e9, int32(now % 1e9), 0
	}
	return time_now()
}

//go:linkname time_runtimeNano time.runtimeNano
func time_runtimeNano() int64 {
	if getg().bubble != 0 {
		return bubblenow()
	}
	return nanotime()
}

//go:linkname time_runtimeIsBubbled time.runtimeIsBubbled
func time_runtimeIsBubbled() bool { return getg().bubble != 0 }

//go:linkname newTimer time.newTimer
func newTimer(when, period int64, f func(arg any, seq uintptr, delta int64), arg any, c *hchan) *timeTimer {
	starttimercaller(timerproc)
	t := new(timeTimer)
	t.f = f
	t.arg = arg
	timerinit(t, c != nil)
	if c != nil {
		c.timer = t
	}
	timerstart(t, when, period)
	t.init = true
	fireatonce(t, when)
	return t
}

// fireatonce calls the function of a timer of a bubble that is due already: it does not wait for the bubble to be blocked.
func fireatonce(t *timeTimer, when int64) {
	if t.bubble != 0 && when <= bubblenow() {
		looktimer(t)
	}
}

//go:linkname stopTimer time.stopTimer
func stopTimer(t *timeTimer) bool {
	if t.bubble != 0 && getg().bubble == 0 {
		fatal("stop of synctest timer from outside bubble")
	}
	was := timerstop(t)
	for was == timerBusy {
		gosched()
		was = timerstop(t)
	}
	return drained(t) || was != 0
}

//go:linkname resetTimer time.resetTimer
func resetTimer(t *timeTimer, when, period int64) bool {
	if t.bubble != 0 && getg().bubble == 0 {
		fatal("reset of synctest timer from outside bubble")
	}
	was := stopTimer(t)
	for timerstart(t, when, period) == timerBusy {
		gosched()
	}
	fireatonce(t, when)
	return was
}

// timerBusy: the timer's function is being called.
const timerBusy = 2

// drained makes sure that no old value comes out of the timer's channel. Was there one?
func drained(t *timeTimer) bool {
	return t.c != nil && t.c.timer == t && chandrain(t.c)
}

// timerproc calls the functions of timers; they do not wait.
func timerproc() {
	for {
		t, delta := timernext()
		if t != nil {
			t.f(t.arg, 0, delta)
			timersent(t)
		}
	}
}

// looktimer calls the function of a timer that is due, before its channel is looked at.
func looktimer(t *timeTimer) {
	delta := timerlook(t)
	if delta >= 0 {
		t.f(t.arg, 0, delta)
		timersent(t)
	}
}

func recvtimer(c *hchan, elem unsafe.Pointer) bool {
	t := c.timer
	looktimer(t)
	timerblock(t, true)
	ok := chanrecv(c, elem)
	timerblock(t, false)
	return ok
}

func caseat(cases *scase, i int) *scase {
	return (*scase)(unsafe.Add(unsafe.Pointer(cases), uintptr(i)*unsafe.Sizeof(scase{})))
}

// looktimers prepares the timers whose channels are among the cases; unblocktimers is needed if it says so.
func looktimers(cases *scase, n int, block bool) bool {
	any := false
	for i := 0; i < n; i++ {
		c := caseat(cases, i).c
		if c.isstrange() {
			fatal("select on synctest channel from outside bubble")
		}
		if c == nil || c.timer == nil {
			continue
		}
		looktimer(c.timer)
		if block {
			timerblock(c.timer, true)
			any = true
		}
	}
	return any
}

func unblocktimers(cases *scase, n int) {
	for i := 0; i < n; i++ {
		c := caseat(cases, i).c
		if c != nil && c.timer != nil {
			timerblock(c.timer, false)
		}
	}
}
