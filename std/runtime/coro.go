package runtime

// Coroutines, for iter.Pull: two goroutines of which one runs. Go counterpart: coro.go.

// A coro is one of them as seen by the other. The first word is the runtime's.
type coro struct {
	word uint64
	f    func(*coro)
}

// begincoro makes the second goroutine; it calls f when it is switched to.
func begincoro(c *coro, f func())

// switchcoro waits, and lets the other one run.
func switchcoro(c *coro) bool

// finishcoro lets the other one run; the caller is about to end.
func finishcoro(c *coro) bool

//go:linkname newcoro
func newcoro(f func(*coro)) *coro {
	c := &coro{f: f}
	begincoro(c, c.run)
	return c
}

//go:linkname coroswitch
func coroswitch(c *coro) {
	if !switchcoro(c) {
		throw("coroswitch on exited coro")
	}
}

// run is the whole life of the new goroutine; f may panic or call Goexit.
func (c *coro) run() {
	defer c.finish()
	c.f(c)
}

func (c *coro) finish() {
	if !finishcoro(c) {
		throw("coroexit: nobody waits")
	}
}
