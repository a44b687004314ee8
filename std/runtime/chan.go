package runtime

import "unsafe"

// Channels: the panics around the functions written in Rust.

// An hchan is a channel; its fields are the runtime's affair.
type hchan struct {
	buf   unsafe.Pointer
	timer *timeTimer // it sends to the channel
	bubble uint64    // it was made in, 0 none
}

// isstrange reports whether the channel belongs to a bubble that the goroutine is not in.
func (c *hchan) isstrange() bool {
	return c != nil && c.bubble != 0 && c.bubble != getg().bubble
}

// An scase is one case of a select statement.
type scase struct {
	c    *hchan
	elem unsafe.Pointer
}

func makechan(t *chantype, size int) *hchan {
	if size < 0 || !fits(t.elem.size, size) {
		panic(plainError("makechan: size out of range"))
	}
	return newchan(t, size)
}

func chansend1(c *hchan, elem unsafe.Pointer) {
	if c.isstrange() {
		fatal("send on synctest channel from outside bubble")
	}
	closed := false
	if blockrate == 0 {
		closed = chansend(c, elem) != 0
	} else {
		w := startwait()
		closed = chansend(c, elem) != 0
		w.end()
	}
	if closed {
		panic(plainError("send on closed channel"))
	}
}

func chanrecv1(c *hchan, elem unsafe.Pointer) {
	if c.isstrange() {
		fatal("receive on synctest channel from outside bubble")
	}
	if c != nil && c.timer != nil {
		recvtimer(c, elem)
		return
	}
	if blockrate != 0 {
		w := startwait()
		chanrecv(c, elem)
		w.end()
		return
	}
	chanrecv(c, elem)
}

func chanrecv2(c *hchan, elem unsafe.Pointer) bool {
	if c.isstrange() {
		fatal("receive on synctest channel from outside bubble")
	}
	if c != nil && c.timer != nil {
		return recvtimer(c, elem)
	}
	if blockrate != 0 {
		w := startwait()
		ok := chanrecv(c, elem)
		w.end()
		return ok
	}
	return chanrecv(c, elem)
}

func closechan(c *hchan) {
	if c.isstrange() {
		fatal("close of synctest channel from outside bubble")
	}
	switch chanclose(c) {
	case 1:
		panic(plainError("close of closed channel"))
	case 2:
		panic(plainError("close of nil channel"))
	}
}
