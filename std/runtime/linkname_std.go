package runtime

import "unsafe"

// What the other packages of the standard library ask of the runtime: small things. What belongs to a part
// of the runtime stands with that part.

// Fatal errors.

// fatal ends the program: an error of the program's that it cannot recover from.
func fatal(s string) { throw(s) }

//go:linkname sync_throw sync.throw
func sync_throw(s string) { throw(s) }

//go:linkname sync_fatal sync.fatal
func sync_fatal(s string) { fatal(s) }

//go:linkname internal_sync_throw internal/sync.throw
func internal_sync_throw(s string) { throw(s) }

//go:linkname internal_sync_fatal internal/sync.fatal
func internal_sync_fatal(s string) { fatal(s) }

//go:linkname cgroup_throw internal/runtime/cgroup.throw
func cgroup_throw(s string) { throw(s) }

//go:linkname rand_fatal crypto/rand.fatal
func rand_fatal(s string) { fatal(s) }

//go:linkname sysrand_fatal crypto/internal/sysrand.fatal
func sysrand_fatal(s string) { fatal(s) }

//go:linkname fips_fatal crypto/internal/fips140.fatal
func fips_fatal(s string) { fatal(s) }

// Random numbers and clocks.

func rand() uint64 { return fastrand() }

// randn returns a number below n.
func randn(n uint32) uint32 { return uint32(uint64(uint32(fastrand())) * uint64(n) >> 32) }

func cheaprand() uint32 { return uint32(fastrand()) }

func cheaprandn(n uint32) uint32 { return randn(n) }

//go:linkname internal_sync_nanotime internal/sync.runtime_nanotime
func internal_sync_nanotime() int64 { return nanotime() }

//go:linkname crypto_internal_fips140deps_time_monoTime crypto/internal/fips140deps/time.monoTime
func crypto_internal_fips140deps_time_monoTime() int64 { return nanotime() }

// Bytes and numbers.

//go:linkname bytealg_MakeNoZero internal/bytealg.MakeNoZero
func bytealg_MakeNoZero(n int) []byte {
	if uint(n) > maxAlloc {
		panicmakeslicelen()
	}
	if n == 0 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&zerobase)), 0)
	}
	c := int(roundupsize(uintptr(n), true))
	return unsafe.Slice((*byte)(rawmem(uintptr(c))), c)[:n]
}

//go:linkname chacha8_block_generic internal/chacha8rand.block_generic
func chacha8_block_generic(seed *[4]uint64, blocks *[32]uint64, counter uint32)

// chacha8_block is what a jump is in that package's assembly.
//
//go:linkname chacha8_block internal/chacha8rand.block
func chacha8_block(seed *[4]uint64, blocks *[32]uint64, counter uint32) {
	chacha8_block_generic(seed, blocks, counter)
}

var divideError = error(errorString("integer divide by zero"))

var overflowError = error(errorString("integer overflow"))

// GODEBUG.

var godebugUpdate func(string, string)

var godebugNewIncNonDefault func(string) func()

//go:linkname godebug_setUpdate internal/godebug.setUpdate
func godebug_setUpdate(update func(string, string)) {
	godebugUpdate = update
	godebugNotify()
}

// godebugNotify tells internal/godebug what the variable is now.
func godebugNotify() {
	if godebugUpdate != nil {
		godebugUpdate("", gogetenv("GODEBUG"))
	}
}

//go:linkname godebug_setNewIncNonDefault internal/godebug.setNewIncNonDefault
func godebug_setNewIncNonDefault(newIncNonDefault func(string) func()) {
	godebugNewIncNonDefault = newIncNonDefault
}

// A godebugMetric is a counter of uses of a GODEBUG setting, for runtime/metrics.
type godebugMetric struct {
	name string
	read func() uint64
	next *godebugMetric
}

var godebugMetrics *godebugMetric

//go:linkname godebug_registerMetric internal/godebug.registerMetric
func godebug_registerMetric(name string, read func() uint64) {
	m := new(godebugMetric)
	m.name = name
	m.read = read
	for {
		old := godebugMetrics
		m.next = old
		if casptr(unsafe.Pointer(&godebugMetrics), unsafe.Pointer(old), unsafe.Pointer(m)) {
			return
		}
	}
}

// write1 writes n bytes at p to a file descriptor. It returns how many were written, or minus the error number.
func write1(fd uintptr, p unsafe.Pointer, n int32) int32 { return int32(writefd(int(fd), p, int(n))) }

func write(fd uintptr, p unsafe.Pointer, n int32) int32 { return write1(fd, p, n) }

// Cryptography: the state that a goroutine has.

//go:linkname fips_getIndicator crypto/internal/fips140.getIndicator
func fips_getIndicator() uint8 { return uint8(getg().fips >> 8) }

//go:linkname fips_setIndicator crypto/internal/fips140.setIndicator
func fips_setIndicator(indicator uint8) {
	gp := getg()
	gp.fips = gp.fips&0xFF | uint64(indicator)<<8
}

//go:linkname fips140_isBypassed crypto/fips140.isBypassed
func fips140_isBypassed() bool { return getg().fips&1 != 0 }

//go:linkname fips140_setBypass crypto/fips140.setBypass
func fips140_setBypass() { getg().fips |= 1 }

//go:linkname fips140_unsetBypass crypto/fips140.unsetBypass
func fips140_unsetBypass() { getg().fips &^= 1 }

// This machine has no data-independent timing mode.

//go:linkname dit_setEnabled crypto/subtle.setDITEnabled
func dit_setEnabled() bool { return false }

//go:linkname dit_setDisabled crypto/subtle.setDITDisabled
func dit_setDisabled() {}
