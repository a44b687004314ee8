package runtime

// What os/signal asks for. Go counterpart: sigqueue.go.

func signalfd() int
func signalset(sig uint32, what int)
func signalignored(sig uint32) bool
func signalnext() int
func signalpending() bool

const (
	signalDisable = iota
	signalEnable
	signalIgnore
)

// sigctx is what the receiving goroutine polls; sigwaits says that it has found nothing to deliver.
var (
	sigctx   uintptr
	sigwaits bool // it has nothing that it took and has not delivered
)

//go:linkname signal_recv os/signal.signal_recv
func signal_recv() uint32 {
	if sigctx == 0 {
		ctx, errno := pollopen(uintptr(signalfd()))
		if errno != 0 {
			throw("signal_recv: cannot poll for signals")
		}
		sigctx = ctx
	}
	for {
		// Before it takes one: who waits until all is delivered must not find neither.
		sigwaits = false
		if s := signalnext(); s != 0 {
			return uint32(s)
		}
		sigwaits = true
		poll_runtime_pollWait(sigctx, 'r')
	}
}

//go:linkname signalWaitUntilIdle os/signal.signalWaitUntilIdle
func signalWaitUntilIdle() {
	// What came before the receiver has begun waits for it.
	for signalpending() || sigctx != 0 && !sigwaits {
		gosched()
	}
}

//go:linkname signal_enable os/signal.signal_enable
func signal_enable(s uint32) { signalset(s, signalEnable) }

//go:linkname signal_disable os/signal.signal_disable
func signal_disable(s uint32) { signalset(s, signalDisable) }

//go:linkname signal_ignore os/signal.signal_ignore
func signal_ignore(s uint32) { signalset(s, signalIgnore) }

//go:linkname signal_ignored os/signal.signal_ignored
func signal_ignored(s uint32) bool { return signalignored(s) }
