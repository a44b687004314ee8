package runtime

// Loops over functions: their bodies are functions that belong to the frame of another one.

// deferframe names the frame with frame pointer fp, in a way that survives a move of the stack.
func deferframe(fp uintptr) uintptr {
	return getg().stackhi - fp
}

// deferprocat is deferproc for the function with that frame, which is not the caller. Functions in between may
// have deferred calls too, which run before: the list is in the order of frames.
func deferprocat(fn func(), frame uintptr) {
	gp := getg()
	d := new(_defer)
	d.fn = fn
	d.frame = frame
	p := &gp._defer
	for *p != nil && (*p).frame > frame {
		p = &(*p).link
	}
	d.link = *p
	*p = d
}

// panicrangestate panics since a loop body was called, or left, in a state that forbids it.
func panicrangestate(state int) {
	switch state {
	case 0:
		panic(errorString("range function continued iteration after function for loop body returned false"))
	case 2:
		panic(errorString("range function continued iteration after loop body panic"))
	case 3:
		panic(errorString("range function continued iteration after whole loop exit"))
	case 4:
		panic(errorString("range function recovered a loop body panic and did not resume panicking"))
	}
	throw("unexpected state of a loop over a function")
}
