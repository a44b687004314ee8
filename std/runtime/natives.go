package runtime

import "unsafe"

// Functions written in Rust: one line per entry of the runtime function table that Go code calls.
// The compiler checks each declaration against that table.

// Memory.

func newobject(typ *_type) unsafe.Pointer
func newarray(typ *_type, n int) unsafe.Pointer
func rawmem(size uintptr) unsafe.Pointer
func typedmemmove(typ *_type, dst, src unsafe.Pointer)
func typedmemclr(typ *_type, p unsafe.Pointer)
func typedslicecopy(typ *_type, dst, src unsafe.Pointer, n int)
func typedsliceclr(typ *_type, p unsafe.Pointer, n int)
func memmove(dst, src unsafe.Pointer, n uintptr)
func memclr(p unsafe.Pointer, n uintptr)
func memequal(p, q unsafe.Pointer, n uintptr) bool
func staticuints() unsafe.Pointer
func cmpstring(a, b string) int

// Goroutines.

func newproc(fn func())
func gosched()
func goexit0()
func block()

// Channels: the wrappers in chan.go turn the status results into panics.

func newchan(t *chantype, size int) *hchan
func chansend(c *hchan, elem unsafe.Pointer) int
func chanrecv(c *hchan, elem unsafe.Pointer) bool
func chanclose(c *hchan) int
func chanlen(c *hchan) int
func chancap(c *hchan) int
func selectwait(cases *scase, n int, nsends int, block bool) (int, int)
func selectdone()

// Panics.

func callerframe(fp uintptr) uintptr
func callername(fp uintptr) string
func opendefer(link, bound uintptr) (frame, newlink uintptr)
func takeopendefer(frame, link uintptr) unsafe.Pointer
func recovery(frame uintptr)
func startpanic()
func fatalpanic()
func throw(s string)
func exit(code int)

// Interfaces and types.

func getitab(inter *interfacetype, typ *_type) *itab
func missingmethod(inter *interfacetype, typ *_type) string
func typestring(typ *_type) string
func typepkgpath(typ *_type) string

func resolvedataoff(typ unsafe.Pointer, off int) unsafe.Pointer
func resolvetextoff(typ unsafe.Pointer, off int, helper unsafe.Pointer) uintptr
func addreflectoff(ptr unsafe.Pointer) int
func typelinks() (unsafe.Pointer, int)
func casptr(slot, old, new unsafe.Pointer) bool
func inheap(p uintptr) bool

// Calls by reflect.

func framecalllayout(frame, ftyp *_type, receiver bool) (layout uintptr, area int)
func ensurestack(n int)
func framecall(code uintptr, first unsafe.Pointer, layout uintptr, frame unsafe.Pointer, area int)
func typedmethodwords(m *typedmethod) int
func typedmethodmove(m *typedmethod, typed, word unsafe.Pointer, results bool)
func setmakefunc(callReflect, callMethod unsafe.Pointer)

// The process.

func argcount() int
func argument(i int) string
func envcount() int
func environment(i int) string
func writefd(fd int, p unsafe.Pointer, n int) int
func sigpipe()
func settraceback(level string)
func setcrashfd(fd int) int
func stacktrace(fp uintptr, buf unsafe.Pointer, n int, all bool) int

// Printing.

func printlock()
func printunlock()
func printbool(b bool)
func printint(v int64)
func printuint(v uint64)
func printhex(v uint64)
func printfloat(v float64)
func printfloat32(v float64)
func printcomplex(re, im float64)
func printcomplex64(re, im float64)
func printstring(s string)
func printpointer(p unsafe.Pointer)
func printslice(p unsafe.Pointer, len, cap int)
func printeface(tab, data unsafe.Pointer)
func printnl()
func printsp()

// Program counters.

func callers(fp uintptr, skip int, pcs *uintptr, n int) int
func pcname(pc uintptr) string
func pcfile(pc uintptr) string
func pcline(pc uintptr) int
func pcentry(pc uintptr) uintptr
func pcinlined(pc uintptr) bool
func pcstartline(pc uintptr) int
func startmemprofile(rate *int)
func readmemprofile(buf *uintptr, n, depth int, all bool) int
func goroutinestacks(buf unsafe.Pointer, n, depth int, labels unsafe.Pointer, leaked bool) int

// Finalizers, cleanups, weak pointers.

func systemgo(which int, fn func())
func findobject(p unsafe.Pointer) (uintptr, uintptr)
func objectholds(p unsafe.Pointer, base uintptr, size uintptr) bool
func addfinalizer(p, fn, word unsafe.Pointer, mode int) bool
func removefinalizer(p unsafe.Pointer)
func finnext(r *finrec) int
func addcleanup(p, fn unsafe.Pointer) uint64
func stopcleanup(p uintptr, id uint64)
func cleanupnext() unsafe.Pointer
func addweak(p, fresh unsafe.Pointer) unsafe.Pointer
func strongfromweak(handle unsafe.Pointer) unsafe.Pointer

// The collector's settings and statistics.

func setpoolcleanup(fn func())
func setgcpercent(n int) int
func setmemorylimit(n int) int
func setmaxstack(n int) int
func freeosmemory()
func readgcstats(to unsafe.Pointer) int
func snapshotmetrics()
func readmetric(name string) (int, uint64)
func metricname(i int) string
func readhistogram(name string, counts, bounds unsafe.Pointer)

// The rest.

func gcnow()
func leaksearch(begin bool) bool
func numgoroutine() int
func gomaxprocs(n int) int
func numcpu() int
func readmemstats(m *MemStats)
func nanotime() int64
func fastrand() uint64

// Intrinsics: the compiler makes code of them.

// getg returns the descriptor of the running goroutine.
func getg() *g

// getframepointer returns the frame pointer of the function that calls it.
func getframepointer() uintptr
