package runtime

import "unsafe"

// What runtime/metrics asks: the registry is the collector's; uses of GODEBUG settings are counted by the packages
// that ask for these.

const (
	metricKindBad = iota
	metricKindUint64
	metricKindFloat64
	metricKindFloat64Histogram
)

// The same layouts as in runtime/metrics.

type metricSample struct {
	name    string
	kind    int
	scalar  uint64
	pointer unsafe.Pointer
}

type metricFloat64Histogram struct {
	counts  []uint64
	buckets []float64
}

//go:linkname readMetrics runtime/metrics.runtime_readMetrics
func readMetrics(samplesp unsafe.Pointer, n int, c int) {
	snapshotmetrics()
	for i := 0; i < n; i++ {
		s := (*metricSample)(add(samplesp, uintptr(i)*unsafe.Sizeof(metricSample{})))
		kind, bits := readmetric(s.name)
		if kind == metricKindBad {
			kind, bits = readgodebugmetric(s.name)
		}
		if kind == metricKindFloat64Histogram {
			// The value it had before is used again.
			h := (*metricFloat64Histogram)(s.pointer)
			if s.kind != kind || h == nil || len(h.counts) != int(bits) {
				h = new(metricFloat64Histogram)
				h.counts = make([]uint64, int(bits))
				h.buckets = make([]float64, int(bits)+1)
				s.pointer = unsafe.Pointer(h)
			}
			readhistogram(s.name, unsafe.Pointer(&h.counts[0]), unsafe.Pointer(&h.buckets[0]))
			bits = 0
		}
		s.kind = kind
		s.scalar = bits
	}
}

// A godebugInfo is an Info of internal/godebugs.
type godebugInfo struct {
	name, pkg         string
	changed           int
	old               string
	opaque, immutable bool
}

//go:linkname godebugSettings internal/godebugs.All
var godebugSettings []godebugInfo

// metricName is the name of the count of its uses; there is none for an opaque one.
func (info *godebugInfo) metricName() string { return "/godebug/non-default-behavior/" + info.name + ":events" }

// readgodebugmetric returns how often a GODEBUG setting has changed what the program does: never, if its package has
// not said so.
func readgodebugmetric(name string) (kind int, n uint64) {
	for m := godebugMetrics; m != nil; m = m.next {
		if m.name == name {
			return metricKindUint64, m.read()
		}
	}
	for i := range godebugSettings {
		if info := &godebugSettings[i]; !info.opaque && info.metricName() == name {
			return metricKindUint64, 0
		}
	}
	return metricKindBad, 0
}

// readMetricNames returns the names that can be read.
//
//go:linkname readMetricNames runtime/metrics_test.runtime_readMetricNames
func readMetricNames() []string {
	var names []string
	for i := 0; metricname(i) != ""; i++ {
		names = append(names, metricname(i))
	}
	for i := range godebugSettings {
		if info := &godebugSettings[i]; !info.opaque {
			names = append(names, info.metricName())
		}
	}
	return names
}
