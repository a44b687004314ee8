package runtime

import "unsafe"

type slice struct {
	array unsafe.Pointer
	len   int
	cap   int
}

const maxAlloc = 1 << 48

// zerobase is where all objects without size are.
var zerobase uintptr

// makeslice returns the array of make([]T, len, cap).
func makeslice(et *_type, len, cap int) unsafe.Pointer {
	if !fits(et.size, cap) || len < 0 || len > cap {
		// The length is blamed if it is bad on its own.
		if len < 0 || !fits(et.size, len) {
			panicmakeslicelen()
		}
		panicmakeslicecap()
	}
	return newarray(et, cap)
}

// fits reports whether n elements of the size are an object of possible size.
func fits(size uintptr, n int) bool {
	if n < 0 {
		return false
	}
	return size == 0 || uintptr(n) <= maxAlloc/size
}

// A growBuf is memory in the frame of a function that appends, zero when the function starts, for one slice.
type growBuf struct {
	used bool
	mem  [4]uint64
}

// growslice makes room for append: num more elements make newLen, which is more than oldCap. The result
// has length newLen; its last num elements are for the caller to store. The first elements of a slice that does not
// escape are in the buffer, if there is one.
//
//go:noinline
func growslice(old unsafe.Pointer, newLen, oldCap, num int, et *_type, buf *growBuf) slice {
	if buf != nil && oldCap == 0 && !buf.used && et.size != 0 && newLen >= 0 {
		if n := int(unsafe.Sizeof(buf.mem) / et.size); newLen <= n {
			buf.used = true
			return slice{unsafe.Pointer(&buf.mem), newLen, n}
		}
	}
	return growheap(old, newLen, oldCap, num, et)
}

// growheap is growslice without a buffer: for append of all elements of another slice, as programs see the capacity.
//
//go:noinline
func growheap(old unsafe.Pointer, newLen, oldCap, num int, et *_type) slice {
	if newLen < 0 {
		panic(errorString("growslice: len out of range"))
	}
	if et.size == 0 {
		return slice{unsafe.Pointer(&zerobase), newLen, newLen}
	}
	newcap := nextslicecap(newLen, oldCap)
	if !fits(et.size, newcap) {
		panic(errorString("growslice: len out of range"))
	}
	noscan := et.ptrBytes == 0
	mem := roundupsize(uintptr(newcap)*et.size, noscan)
	newcap = int(mem / et.size)
	oldLen := newLen - num
	var p unsafe.Pointer
	if noscan {
		p = rawmem(uintptr(newcap) * et.size)
		memmove(p, old, uintptr(oldLen)*et.size)
	} else {
		p = newarray(et, newcap)
		typedslicecopy(et, p, old, oldLen)
	}
	return slice{p, newLen, newcap}
}

// nextslicecap is Go's growth: twice for small slices, slowly going to a quarter more for big ones.
func nextslicecap(newLen, oldCap int) int {
	const threshold = 256
	if newLen > oldCap+oldCap {
		return newLen
	}
	if oldCap < threshold {
		return oldCap + oldCap
	}
	newcap := oldCap
	for uint(newcap) < uint(newLen) {
		newcap += (newcap + 3*threshold) >> 2
	}
	if newcap <= 0 {
		return newLen
	}
	return newcap
}

// Sizes of small objects, as gc has them: cap() shows them to programs.
var sizeClasses = [67]uint16{
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
	512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
	5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
	21760, 24576, 27264, 28672, 32768,
}

// roundupsize returns the bytes that an object of that size can use. With pointers and more than 512 bytes
// it has a header word in gc.
func roundupsize(size uintptr, noscan bool) uintptr {
	const header = 8
	const maxSmall = 32768 - header
	if size > maxSmall {
		const page = 8192
		return (size + page - 1) &^ (page - 1)
	}
	extra := uintptr(0)
	if !noscan && size > 512 {
		extra = header
	}
	lo := 0
	hi := len(sizeClasses) - 1
	for lo < hi {
		mid := (lo + hi) / 2
		if uintptr(sizeClasses[mid]) < size+extra {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uintptr(sizeClasses[lo]) - extra
}
