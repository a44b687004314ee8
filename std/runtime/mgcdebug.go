package runtime

import "unsafe"

// What runtime/debug asks of the collector.

//go:linkname setGCPercent runtime/debug.setGCPercent
func setGCPercent(percent int32) int32 { return int32(setgcpercent(int(percent))) }

//go:linkname setMemoryLimit runtime/debug.setMemoryLimit
func setMemoryLimit(limit int64) int64 { return int64(setmemorylimit(int(limit))) }

//go:linkname setMaxStack runtime/debug.setMaxStack
func setMaxStack(bytes int) int { return setmaxstack(bytes) }

//go:linkname runtime_debug_freeOSMemory runtime/debug.freeOSMemory
func runtime_debug_freeOSMemory() { freeosmemory() }

// readGCStats appends to what p holds, which has room: the pauses, newest first, their ends, and then the time of the last
// collection, how many there were, and the sum of all pauses.
//
//go:linkname readGCStats runtime/debug.readGCStats
func readGCStats(p *[]uint64) {
	const ring = 256
	all := new([2*ring + 3]uint64)
	n := readgcstats(unsafe.Pointer(all))
	s := append((*p)[:0], all[:n]...)
	s = append(s, all[ring:ring+n]...)
	*p = append(s, all[2*ring:]...)
}
