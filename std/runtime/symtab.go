package runtime

// Program counters and what is known about them.

// Callers fills pcs with the return addresses of the calls in progress on this goroutine and returns how
// many they are. With skip 0 the first belongs to Callers itself, with 1 to its caller.
//
//go:noinline
func Callers(skip int, pcs []uintptr) int {
	if len(pcs) == 0 {
		return 0
	}
	n := 0
	if skip <= 0 {
		// Callers itself is named by the place behind its entry.
		pcs[0] = ownpc() + 1
		n = 1
		if len(pcs) == 1 {
			return 1
		}
		skip = 1
	}
	return n + callers(getframepointer(), skip-1, &pcs[n], len(pcs)-n)
}

// ownpc returns the entry of the function that calls it.
//
//go:noinline
func ownpc() uintptr {
	var pc [1]uintptr
	callers(getframepointer(), 0, &pc[0], 1)
	return pcentry(pc[0] - 1)
}

// Caller tells where the function skip levels above its caller is in the source; with skip 0, where its
// caller is.
//
//go:noinline
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	var pcs [1]uintptr
	if callers(getframepointer(), skip, &pcs[0], 1) < 1 {
		return 0, "", 0, false
	}
	pc = pcs[0]
	return pc, pcfile(pc - 1), pcline(pc - 1), true
}

// A Func is a function in the running program.
type Func struct {
	entry uintptr
	pc    uintptr // an address in it
}

// FuncForPC returns the function that contains the address, nil if none does. Where calls were inlined it is the
// innermost one's, and its entry that of the function it is in.
func FuncForPC(pc uintptr) *Func {
	entry := pcentry(pc)
	if entry == 0 {
		return nil
	}
	f := new(Func)
	f.entry = entry
	f.pc = pc
	return f
}

// Name returns the name of the function.
func (f *Func) Name() string {
	if f == nil {
		return ""
	}
	return pcname(f.pc)
}

// Entry returns its entry address.
func (f *Func) Entry() uintptr { return f.entry }

// FileLine returns the position of the code at pc, which is in the function.
func (f *Func) FileLine(pc uintptr) (file string, line int) {
	return pcfile(pc), pcline(pc)
}

// Frames takes the addresses that Callers returned apart.
type Frames struct {
	pcs []uintptr
}

// A Frame is one call in progress.
type Frame struct {
	PC       uintptr
	Func     *Func
	Function string
	File     string
	Line     int
	Entry    uintptr

	startLine int // of the function
}

// CallersFrames prepares to take apart what Callers returned.
func CallersFrames(pcs []uintptr) *Frames {
	f := new(Frames)
	f.pcs = pcs
	return f
}

// Next returns the next frame, and whether there are more.
func (f *Frames) Next() (frame Frame, more bool) {
	f.skipunknown()
	if len(f.pcs) == 0 {
		return Frame{}, false
	}
	pc := f.pcs[0] - 1
	f.pcs = f.pcs[1:]
	frame = Frame{PC: pc, Function: pcname(pc), File: pcfile(pc), Line: pcline(pc), Entry: pcentry(pc), startLine: pcstartline(pc)}
	if !pcinlined(pc) {
		frame.Func = FuncForPC(pc)
	}
	f.skipunknown()
	return frame, len(f.pcs) > 0
}

// skipunknown leaves out what is not in a function.
func (f *Frames) skipunknown() {
	for len(f.pcs) > 0 && pcentry(f.pcs[0]-1) == 0 {
		f.pcs = f.pcs[1:]
	}
}
