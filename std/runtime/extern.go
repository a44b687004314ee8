// Package runtime is what Go programs see of the runtime system, and the part of it that is written in Go.
package runtime

// Compiler is the toolchain whose memory layouts hold here: programs ask for it to choose between
// layouts, and those are gc's.
const Compiler = "gc"

// GOOS is the operating system.
const GOOS = "linux"

// GOARCH is the architecture.
const GOARCH = "amd64"

// Version returns the release of Go that the language and its library follow.
func Version() string { return "go1.27.3" }

// Gosched lets other goroutines run; the caller stays runnable.
func Gosched() { gosched() }

// GC runs a whole garbage collection and returns when it is done.
func GC() { gcnow() }

// NumGoroutine returns the number of goroutines that exist.
func NumGoroutine() int { return numgoroutine() }

// GOMAXPROCS sets how many goroutines run at once and returns how many did before. It changes nothing if
// n < 1.
func GOMAXPROCS(n int) int { return gomaxprocs(n) }

// NumCPU returns the number of CPUs that the process may use.
func NumCPU() int { return numcpu() }

// Breakpoint is for debuggers; without one the program ends.
func Breakpoint() { throw("breakpoint without a debugger") }

// ReadMemStats fills m with what the memory manager counts.
func ReadMemStats(m *MemStats) { readmemstats(m) }

// A MemStats records what the memory manager counts; see Go's documentation of its fields.
type MemStats struct {
	Alloc         uint64
	TotalAlloc    uint64
	Sys           uint64
	Lookups       uint64
	Mallocs       uint64
	Frees         uint64
	HeapAlloc     uint64
	HeapSys       uint64
	HeapIdle      uint64
	HeapInuse     uint64
	HeapReleased  uint64
	HeapObjects   uint64
	StackInuse    uint64
	StackSys      uint64
	MSpanInuse    uint64
	MSpanSys      uint64
	MCacheInuse   uint64
	MCacheSys     uint64
	BuckHashSys   uint64
	GCSys         uint64
	OtherSys      uint64
	NextGC        uint64
	LastGC        uint64
	PauseTotalNs  uint64
	PauseNs       [256]uint64
	PauseEnd      [256]uint64
	NumGC         uint32
	NumForcedGC   uint32
	GCCPUFraction float64
	EnableGC      bool
	DebugGC       bool
	BySize        [61]struct {
		Size    uint32
		Mallocs uint64
		Frees   uint64
	}
}
