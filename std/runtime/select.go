package runtime

// select.

// selectgo waits for one of the cases, sends first, and does it. It returns which one (-1 for the default
// case, if block is false), and for a receive whether the channel was open.
func selectgo(cases *scase, n, nsends int, block bool) (int, bool) {
	timers := looktimers(cases, n, block)
	w := waiting{}
	if blockrate != 0 {
		w = startwait()
	}
	i, status := selectwait(cases, n, nsends, block)
	if w.start != 0 {
		w.end()
	}
	if timers {
		unblocktimers(cases, n)
	}
	if status&4 != 0 {
		selectdone()
		status &^= 4
	}
	if status == 2 {
		panic(plainError("send on closed channel"))
	}
	return i, status == 0
}
