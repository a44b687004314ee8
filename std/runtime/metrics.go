package runtime

import "unsafe"

// What runtime/metrics asks: the registry is the collector's.

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
func readMetrics(samplesp unsafe.Pointer, len int, cap int) {
	snapshotmetrics()
	for i := 0; i < len; i++ {
		s := (*metricSample)(add(samplesp, uintptr(i)*unsafe.Sizeof(metricSample{})))
		kind, bits := readmetric(s.name)
		if kind == metricKindFloat64Histogram {
			// The value it had before is used again.
			h := (*metricFloat64Histogram)(s.pointer)
			if s.kind != kind || h == nil {
				h = new(metricFloat64Histogram)
				h.counts = make([]uint64, int(bits))
				h.buckets = make([]float64, int(bits)+1)
				s.pointer = unsafe.Pointer(h)
			}
			readpauses(unsafe.Pointer(&h.counts[0]), unsafe.Pointer(&h.buckets[0]))
			bits = 0
		}
		s.kind = kind
		s.scalar = bits
	}
}
