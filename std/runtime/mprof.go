package runtime

import "unsafe"

// Profiles of goroutines, memory, blocking and mutexes. The CPU profile is in cpuprof.go.

// A StackRecord describes one stack.
type StackRecord struct {
	Stack0 [32]uintptr // ends at the first 0
}

// Stack returns the stack, a prefix of Stack0.
func (r *StackRecord) Stack() []uintptr { return untilzero(r.Stack0[:]) }

func untilzero(pcs []uintptr) []uintptr {
	for i, pc := range pcs {
		if pc == 0 {
			return pcs[:i]
		}
	}
	return pcs
}

// A MemProfileRecord describes the live objects allocated by one stack.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64
	AllocObjects, FreeObjects int64
	Stack0                    [32]uintptr
}

// InUseBytes returns the bytes in use.
func (r *MemProfileRecord) InUseBytes() int64 { return r.AllocBytes - r.FreeBytes }

// InUseObjects returns the objects in use.
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }

// Stack returns the stack, a prefix of Stack0.
func (r *MemProfileRecord) Stack() []uintptr { return untilzero(r.Stack0[:]) }

// A BlockProfileRecord describes where goroutines were blocked.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

// MemProfileRate is how many bytes lie between two samples of the memory profile on average: 1 takes every object, 0 none.
// A change is seen by each size of objects when its current stretch of free memory is used up.
var MemProfileRate int = 512 * 1024

func init() { startmemprofile(&MemProfileRate) }

// A record of the memory profile: objects allocated, objects freed, their size, and the stack.
const memRecordHead = 3

// memRecords returns the records of the memory profile one after the other, and how many there are. A program in which
// nobody calls it takes no samples.
func memRecords(depth int, inuseZero bool) ([]uintptr, int) {
	n := 64
	for {
		buf := make([]uintptr, n*(memRecordHead+depth))
		found := readmemprofile(&buf[0], n, depth, inuseZero)
		if found <= n {
			return buf, found
		}
		n = found + 16
	}
}

func memRecord(buf []uintptr, i, depth int) (allocs, frees, size int64, stack []uintptr) {
	r := buf[i*(memRecordHead+depth) : (i+1)*(memRecordHead+depth)]
	return int64(r[0]), int64(r[1]), int64(r[2]), untilzero(r[memRecordHead:])
}

// MemProfile returns how many records the memory profile has, and copies them if there is room for all. With inuseZero
// also those of which nothing is in use any more.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) {
	depth := len(MemProfileRecord{}.Stack0)
	buf, n := memRecords(depth, inuseZero)
	if n > len(p) {
		return n, false
	}
	for i := range n {
		allocs, frees, size, stack := memRecord(buf, i, depth)
		r := &p[i]
		r.AllocBytes, r.FreeBytes = allocs*size, frees*size
		r.AllocObjects, r.FreeObjects = allocs, frees
		clear(r.Stack0[copy(r.Stack0[:], stack):])
	}
	return n, true
}

// The profiles of contention, by number.
const (
	blockProfile = iota
	mutexProfile
)

func contentionevent(which, ns, rate int, fp uintptr)
func contentionread(which int, buf unsafe.Pointer, n int) int

// blockrate is how many nanoseconds of blocking there are to a sample, 0 for none; mutexfraction how many events.
var blockrate, mutexfraction int

// waiting says since when this goroutine may be waiting, and how often it had waited before.
type waiting struct {
	start int64
	parks uint64
}

func startwait() waiting {
	return waiting{nanotime(), getg().parks}
}

// end counts the wait, if there was one, for its caller.
//
//go:noinline
func (w waiting) end() {
	if getg().parks != w.parks && blockrate != 0 {
		contentionevent(blockProfile, int(nanotime()-w.start), blockrate, getframepointer())
	}
}

// blockevent counts a wait of so many nanoseconds for its caller. Tests of the library ask for it.
//
//go:noinline
func blockevent(ns int64, skip int) {
	if blockrate != 0 {
		contentionevent(blockProfile, int(ns), blockrate, getframepointer())
	}
}

// contentionwords returns the records of a profile: {words, count, nanoseconds, stack...} each.
func contentionwords(which int) []uintptr {
	buf := make([]uintptr, 1024)
	for {
		n := contentionread(which, unsafe.Pointer(&buf[0]), len(buf))
		if n <= len(buf) {
			return buf[:n]
		}
		buf = make([]uintptr, n+1024)
	}
}

// contentions returns how many records a profile has, and calls each for them if they are at most n.
func contentions(which, n int, each func(i int, count, ns int64, stack []uintptr)) (int, bool) {
	words := contentionwords(which)
	found := 0
	for r := words; len(r) > 0; r = r[r[0]:] {
		found++
	}
	if found > n {
		return found, false
	}
	i := 0
	for r := words; len(r) > 0; r = r[r[0]:] {
		each(i, int64(r[1]), int64(r[2]), r[3:r[0]:r[0]])
		i++
	}
	return found, true
}

func contentionprofile(which int, p []BlockProfileRecord) (n int, ok bool) {
	return contentions(which, len(p), func(i int, count, ns int64, stack []uintptr) {
		p[i] = BlockProfileRecord{Count: count, Cycles: ns}
		copy(p[i].Stack0[:], stack)
	})
}

// BlockProfile returns how many records the blocking profile has, and copies them.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return contentionprofile(blockProfile, p) }

// MutexProfile returns how many records the mutex profile has, and copies them.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return contentionprofile(mutexProfile, p) }

// ThreadCreateProfile returns how many records the profile of thread creation has, and copies them.
// As in Go, all threads have the same empty stack: none is started by a function of the program.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) {
	n = threadcount()
	if n > len(p) {
		return n, false
	}
	clear(p[:n])
	return n, true
}

func threadcount() int {
	snapshotmetrics()
	_, n := readmetric("/sched/threads/total:threads")
	return int(n)
}

// SetBlockProfileRate sets how many nanoseconds of blocking there are to a sample of the profile; not positive: none.
func SetBlockProfileRate(rate int) { blockrate = max(rate, 0) }

// SetMutexProfileFraction sets the fraction of contention events in the profile, and returns the one before.
func SetMutexProfileFraction(rate int) int {
	old := mutexfraction
	if rate >= 0 {
		mutexfraction = rate
	}
	return old
}

// goroutines returns the stacks of all goroutines, or of those that have leaked, depth addresses each, ended by 0 if
// shorter, and their labels.
func goroutines(depth int, leaked bool) ([]uintptr, []unsafe.Pointer, int) {
	n := numgoroutine() + 16
	for {
		buf := make([]uintptr, n*depth)
		labels := make([]unsafe.Pointer, n)
		found := goroutinestacks(unsafe.Pointer(&buf[0]), n, depth, unsafe.Pointer(&labels[0]), leaked)
		if found <= n {
			return buf, labels, found
		}
		n = found + 16
	}
}

// GoroutineProfile returns the number of goroutines, and copies their stacks if there is room for all.
func GoroutineProfile(p []StackRecord) (n int, ok bool) {
	depth := len(StackRecord{}.Stack0)
	buf, _, n := goroutines(depth, false)
	if n > len(p) {
		return n, false
	}
	for i := range n {
		copy(p[i].Stack0[:], buf[i*depth:(i+1)*depth])
	}
	return n, true
}

// What runtime/pprof asks. Its records are those of internal/profilerecord.

type stackRecord struct {
	stack []uintptr
}

type blockRecord struct {
	count, cycles int64
	stack         []uintptr
}

const profDepth = 128

//go:linkname pprof_goroutineProfileWithLabels
func pprof_goroutineProfileWithLabels(p []stackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return goroutinerecords(p, labels, false)
}

func goroutinerecords(p []stackRecord, labels []unsafe.Pointer, leaked bool) (n int, ok bool) {
	buf, all, n := goroutines(profDepth, leaked)
	if n > len(p) {
		return n, false
	}
	for i := range n {
		p[i].stack = untilzero(buf[i*profDepth : (i+1)*profDepth : (i+1)*profDepth])
	}
	copy(labels, all[:n])
	return n, true
}

//go:linkname pprof_goroutineLeakProfileWithLabels
func pprof_goroutineLeakProfileWithLabels(p []stackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return goroutinerecords(p, labels, true)
}

//go:linkname goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func goroutineLeakGC() {
	for leaksearch(true); leaksearch(false); {
		gcnow()
	}
}

//go:linkname goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func goroutineleakcount() int {
	_, _, n := goroutines(1, true)
	return n
}

type memProfileRecord struct {
	objectSize                int64
	allocObjects, freeObjects int64
	stack                     []uintptr
}

//go:linkname pprof_memProfileInternal
func pprof_memProfileInternal(p []memProfileRecord, inuseZero bool) (n int, ok bool) {
	// The first one is the runtime function that allocated, which runtime/pprof leaves out.
	const depth = 1 + profDepth
	buf, n := memRecords(depth, inuseZero)
	if n > len(p) {
		return n, false
	}
	for i := range n {
		allocs, frees, size, stack := memRecord(buf, i, depth)
		p[i] = memProfileRecord{size, allocs, frees, stack}
	}
	return n, true
}

//go:linkname pprof_blockProfileInternal
func pprof_blockProfileInternal(p []blockRecord) (n int, ok bool) { return contentionrecords(blockProfile, p) }

//go:linkname pprof_mutexProfileInternal
func pprof_mutexProfileInternal(p []blockRecord) (n int, ok bool) { return contentionrecords(mutexProfile, p) }

func contentionrecords(which int, p []blockRecord) (n int, ok bool) {
	return contentions(which, len(p), func(i int, count, ns int64, stack []uintptr) {
		p[i] = blockRecord{count, ns, stack}
	})
}

//go:linkname pprof_threadCreateInternal
func pprof_threadCreateInternal(p []stackRecord) (n int, ok bool) {
	n = threadcount()
	if n > len(p) {
		return n, false
	}
	for i := range n {
		p[i].stack = make([]uintptr, len(StackRecord{}.Stack0))
	}
	return n, true
}

//go:linkname pprof_cyclesPerSecond runtime/pprof.runtime_cyclesPerSecond
func pprof_cyclesPerSecond() int64 { return 1000000000 }

//go:linkname pprof_makeProfStack
func pprof_makeProfStack() []uintptr { return make([]uintptr, profDepth) }

//go:linkname pprof_fpunwindExpand
func pprof_fpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }

//go:linkname runtime_setProfLabel runtime/pprof.runtime_setProfLabel
func runtime_setProfLabel(labels unsafe.Pointer) {
	if cpuprof.state != profileOff {
		keeplabels(labels)
	}
	getg().labels = labels
}

//go:linkname runtime_getProfLabel runtime/pprof.runtime_getProfLabel
func runtime_getProfLabel() unsafe.Pointer { return getg().labels }

//go:linkname runtime_FrameStartLine runtime/pprof.runtime_FrameStartLine
func runtime_FrameStartLine(f *Frame) int { return f.startLine }

//go:linkname runtime_FrameSymbolName runtime/pprof.runtime_FrameSymbolName
func runtime_FrameSymbolName(f *Frame) string { return f.Function }

// runtime_expandFinalInlineFrame has nothing to expand: each inlined call has an address of its own.
//
//go:linkname runtime_expandFinalInlineFrame runtime/pprof.runtime_expandFinalInlineFrame
func runtime_expandFinalInlineFrame(stk []uintptr) []uintptr { return stk }

// Tracing: not supported yet, so it never starts.

// StartTrace would start tracing.
func StartTrace() error { return plainError("tracing is not supported yet") }

// StopTrace stops tracing, if it was started.
func StopTrace() {}

// ReadTrace returns the next piece of the trace; nil at its end.
func ReadTrace() []byte { return nil }

//go:linkname trace_userTaskCreate runtime/trace.userTaskCreate
func trace_userTaskCreate(id, parentID uint64, taskType string) {}

//go:linkname trace_userTaskEnd runtime/trace.userTaskEnd
func trace_userTaskEnd(id uint64) {}

//go:linkname trace_userRegion runtime/trace.userRegion
func trace_userRegion(id, mode uint64, name string) {}

//go:linkname trace_userLog runtime/trace.userLog
func trace_userLog(id uint64, category, message string) {}

//go:linkname traceClockUnitsPerSecond runtime/trace.runtime_traceClockUnitsPerSecond
func traceClockUnitsPerSecond() uint64 { return 1000000000 }

func traceAdvance(stopTrace bool) {}

func traceClockNow() uint64 { return uint64(nanotime()) }

// Foreign code: there is none.

// NumCgoCall returns the number of calls of C functions.
func NumCgoCall() int64 { return 0 }

// SetCgoTraceback is for programs with C code.
func SetCgoTraceback(version int, traceback, context, symbolizer unsafe.Pointer) {}

// A Pinner keeps objects where they are. None ever moves here, so it only keeps them.
type Pinner struct {
	refs []any
}

// Pin pins what the pointer points to.
func (p *Pinner) Pin(pointer any) {
	e := efaceOf(&pointer)
	if e.typ == nil {
		panic(errorString("runtime.Pinner: argument is nil"))
	}
	if e.typ.kind != kindPointer && e.typ.kind != kindUnsafePointer {
		panic(errorString("runtime.Pinner: argument is not a pointer: " + typestring(e.typ)))
	}
	p.refs = append(p.refs, pointer)
}

// Unpin unpins everything that was pinned.
func (p *Pinner) Unpin() { p.refs = nil }
