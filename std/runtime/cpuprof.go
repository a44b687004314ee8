package runtime

import "unsafe"

// The CPU profile. The runtime's signal handler samples; here the samples get the form that runtime/pprof reads.
// Go counterpart: cpuprof.go.

// profilestart starts sampling.
func profilestart(hz int) bool
func profilestop()

// profilefetch moves the samples to buf, n words at most: records of {words, time, count, labels, stack...}.
func profilefetch(buf unsafe.Pointer, n int) int

const profilewords = 1 << 16

const (
	profileOff     = iota
	profileOn      // samples come
	profileStopped // the last ones have not been read
)

// cpuprof is changed by SetCPUProfileRate, and by the reader at the end; runtime/pprof calls neither twice at once.
var cpuprof struct {
	state   int32
	hz      int
	started bool // the head has been read
	labels  *labelset
	buf     []uint64 // what was fetched last
}

// A labelset keeps labels alive that samples may name.
type labelset struct {
	labels unsafe.Pointer
	next   *labelset
}

// keeplabels keeps them until the profile has been read.
func keeplabels(labels unsafe.Pointer) {
	if labels == nil {
		return
	}
	l := new(labelset)
	l.labels = labels
	for {
		old := cpuprof.labels
		if old != nil && old.labels == labels {
			return
		}
		l.next = old
		if casptr(unsafe.Pointer(&cpuprof.labels), unsafe.Pointer(old), unsafe.Pointer(l)) {
			return
		}
	}
}

// SetCPUProfileRate sets how many samples a second of CPU time are taken; not positive ends the profile.
func SetCPUProfileRate(hz int) {
	if hz > 1000000 {
		hz = 1000000
	}
	if hz > 0 {
		if cpuprof.state != profileOff {
			print("runtime: cannot set cpu profile rate until previous profile has finished.\n")
			return
		}
		cpuprof.hz = hz
		cpuprof.started = false
		cpuprof.state = profileOn
		for _, labels := range alllabels() {
			keeplabels(labels)
		}
		profilestart(hz)
	} else if cpuprof.state == profileOn {
		profilestop()
		cpuprof.state = profileStopped
	}
}

// alllabels returns the labels of all goroutines.
func alllabels() []unsafe.Pointer {
	_, labels, n := goroutines(1, false)
	return labels[:n]
}

// CPUProfile panics: runtime/pprof has what it once gave.
func CPUProfile() []byte { panic("CPUProfile no longer available") }

// runtime_pprof_readProfile waits for samples and returns them: {words, time, count, stack...} each, with their labels.
//
//go:linkname runtime_pprof_readProfile runtime/pprof.readProfile
func runtime_pprof_readProfile() ([]uint64, []unsafe.Pointer, bool) {
	var data []uint64
	var tags []unsafe.Pointer
	if !cpuprof.started {
		cpuprof.started = true
		data = append(data, 3, uint64(nanotime()), uint64(cpuprof.hz))
		tags = append(tags, nil)
		return data, tags, false
	}
	if cpuprof.buf == nil {
		cpuprof.buf = make([]uint64, profilewords)
	}
	buf := cpuprof.buf
	for {
		stopped := cpuprof.state != profileOn
		n := profilefetch(unsafe.Pointer(&buf[0]), len(buf))
		for r := buf[:n]; len(r) > 0; r = r[r[0]:] {
			data = append(data, r[0]-1, r[1], r[2])
			data = append(data, r[4:r[0]]...)
			tags = append(tags, *(*unsafe.Pointer)(unsafe.Pointer(&r[3])))
		}
		if n > 0 {
			return data, tags, false
		}
		if stopped {
			cpuprof.labels = nil
			cpuprof.buf = nil
			cpuprof.state = profileOff
			return nil, nil, true
		}
		timesleep(10000000)
	}
}
