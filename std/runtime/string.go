package runtime

import "unsafe"

// Strings: made of other strings, of bytes, of runes.

// rawstring returns a new string of n bytes and a pointer by which to fill it.
func rawstring(n int) (string, unsafe.Pointer) {
	p := rawmem(uintptr(n))
	return unsafe.String((*byte)(p), n), p
}

// A tmpBuf is memory for a short string in the frame of the function that makes it, or nil if it may outlive that.
type tmpBuf [32]byte

// rawstringtmp is rawstring, in the buffer if there is one and the string fits.
func rawstringtmp(buf *tmpBuf, n int) (string, unsafe.Pointer) {
	if buf != nil && n <= len(buf) {
		p := unsafe.Pointer(buf)
		return unsafe.String((*byte)(p), n), p
	}
	return rawstring(n)
}

// concatstrings implements a + b + c + ... A single non-empty operand is the result itself.
//
//go:noinline
func concatstrings(buf *tmpBuf, a []string) string {
	n := 0
	count := 0
	last := 0
	for i := 0; i < len(a); i++ {
		if len(a[i]) == 0 {
			continue
		}
		if n+len(a[i]) < n {
			throw("string concatenation too long")
		}
		n += len(a[i])
		count++
		last = i
	}
	if count == 0 {
		return ""
	}
	if count == 1 {
		return a[last]
	}
	s, p := rawstringtmp(buf, n)
	for i := 0; i < len(a); i++ {
		memmove(p, unsafe.Pointer(unsafe.StringData(a[i])), uintptr(len(a[i])))
		p = add(p, uintptr(len(a[i])))
	}
	return s
}

// concatcopy implements a + b + c + ... where the result must not share memory with an operand: some are bytes
// that change later.
//
//go:noinline
func concatcopy(buf *tmpBuf, a []string) string {
	n := 0
	for i := 0; i < len(a); i++ {
		if n+len(a[i]) < n {
			throw("string concatenation too long")
		}
		n += len(a[i])
	}
	if n == 0 {
		return ""
	}
	s, p := rawstringtmp(buf, n)
	for i := 0; i < len(a); i++ {
		memmove(p, unsafe.Pointer(unsafe.StringData(a[i])), uintptr(len(a[i])))
		p = add(p, uintptr(len(a[i])))
	}
	return s
}

// concatstring2 implements a + b.
//
//go:noinline
func concatstring2(buf *tmpBuf, a, b string) string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	n := len(a) + len(b)
	if n < 0 {
		throw("string concatenation too long")
	}
	s, p := rawstringtmp(buf, n)
	memmove(p, unsafe.Pointer(unsafe.StringData(a)), uintptr(len(a)))
	memmove(add(p, uintptr(len(a))), unsafe.Pointer(unsafe.StringData(b)), uintptr(len(b)))
	return s
}

// intstring implements string(v) for an integer v.
//
//go:noinline
func intstring(buf *[4]byte, v int64) string {
	if v != int64(rune(v)) {
		v = runeError
	}
	n := runelen(rune(v))
	if buf != nil {
		p := unsafe.Pointer(buf)
		encoderune(p, rune(v))
		return unsafe.String((*byte)(p), n)
	}
	s, p := rawstring(n)
	encoderune(p, rune(v))
	return s
}

// allbytes are the strings of one byte.
const allbytes = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e\x3f" +
	"\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f\x50\x51\x52\x53\x54\x55\x56\x57\x58\x59\x5a\x5b\x5c\x5d\x5e\x5f\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f\x70\x71\x72\x73\x74\x75\x76\x77\x78\x79\x7a\x7b\x7c\x7d\x7e\x7f" +
	"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf" +
	"\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"

// slicebytetostring implements string(b).
//
//go:noinline
func slicebytetostring(buf *tmpBuf, b []byte) string {
	if len(b) <= 1 {
		if len(b) == 0 {
			return ""
		}
		return allbytes[b[0]:][:1]
	}
	s, p := rawstringtmp(buf, len(b))
	memmove(p, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
	return s
}

// stringtoslicebyte implements []byte(s).
//
//go:noinline
func stringtoslicebyte(buf *tmpBuf, s string) []byte {
	if len(s) == 0 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&zerobase)), 0)
	}
	if buf != nil && len(s) <= len(buf) {
		memmove(unsafe.Pointer(buf), unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)))
		return buf[:len(s)]
	}
	size := roundupsize(uintptr(len(s)), true)
	p := rawmem(size)
	memmove(p, unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)))
	return unsafe.Slice((*byte)(p), int(size))[:len(s)]
}

// stringtoslicerune implements []rune(s).
//
//go:noinline
func stringtoslicerune(buf *[32]rune, s string) []rune {
	n := 0
	for i := 0; i < len(s); {
		_, i = decoderune(s, i)
		n++
	}
	if n == 0 {
		return unsafe.Slice((*rune)(unsafe.Pointer(&zerobase)), 0)
	}
	var r []rune
	if buf != nil && n <= len(buf) {
		r = buf[:n]
	} else {
		size := roundupsize(uintptr(n)*4, true)
		r = unsafe.Slice((*rune)(rawmem(size)), int(size/4))[:n]
	}
	n = 0
	for i := 0; i < len(s); {
		r[n], i = decoderune(s, i)
		n++
	}
	return r
}

// slicerunetostring implements string(r).
//
//go:noinline
func slicerunetostring(buf *tmpBuf, r []rune) string {
	n := 0
	for i := 0; i < len(r); i++ {
		n += runelen(r[i])
	}
	if n == 0 {
		return ""
	}
	s, p := rawstringtmp(buf, n)
	for i := 0; i < len(r); i++ {
		p = add(p, uintptr(encoderune(p, r[i])))
	}
	return s
}

// UTF-8.

const (
	runeError    = 0xFFFD
	maxRune      = 0x10FFFF
	surrogateMin = 0xD800
	surrogateMax = 0xDFFF
)

func valid(r rune) bool {
	return r >= 0 && r <= maxRune && !(r >= surrogateMin && r <= surrogateMax)
}

// runelen returns the bytes that r takes; an invalid one counts as runeError.
func runelen(r rune) int {
	if !valid(r) || r > 0x7FF && r <= 0xFFFF {
		return 3
	}
	if r <= 0x7F {
		return 1
	}
	if r <= 0x7FF {
		return 2
	}
	return 4
}

// encoderune stores r at p, where runelen(r) bytes are free, and returns how many they are.
func encoderune(p unsafe.Pointer, r rune) int {
	if !valid(r) {
		r = runeError
	}
	n := runelen(r)
	b := unsafe.Slice((*byte)(p), n)
	switch n {
	case 1:
		b[0] = byte(r)
	case 2:
		b[0] = 0xC0 | byte(r>>6)
		b[1] = 0x80 | byte(r)&0x3F
	case 3:
		b[0] = 0xE0 | byte(r>>12)
		b[1] = 0x80 | byte(r>>6)&0x3F
		b[2] = 0x80 | byte(r)&0x3F
	case 4:
		b[0] = 0xF0 | byte(r>>18)
		b[1] = 0x80 | byte(r>>12)&0x3F
		b[2] = 0x80 | byte(r>>6)&0x3F
		b[3] = 0x80 | byte(r)&0x3F
	}
	return n
}

// decoderune returns the rune at s[k:] and where the next one starts. An invalid byte is a runeError of
// one byte.
func decoderune(s string, k int) (rune, int) {
	c := rune(s[k])
	if c < 0x80 {
		return c, k + 1
	}
	left := len(s) - k
	switch {
	case c >= 0xC2 && c <= 0xDF:
		if left >= 2 && s[k+1]&0xC0 == 0x80 {
			return (c&0x1F)<<6 | rune(s[k+1]&0x3F), k + 2
		}
	case c >= 0xE0 && c <= 0xEF:
		if left >= 3 && s[k+1]&0xC0 == 0x80 && s[k+2]&0xC0 == 0x80 {
			r := (c&0x0F)<<12 | rune(s[k+1]&0x3F)<<6 | rune(s[k+2]&0x3F)
			if r > 0x7FF && valid(r) {
				return r, k + 3
			}
		}
	case c >= 0xF0 && c <= 0xF4:
		if left >= 4 && s[k+1]&0xC0 == 0x80 && s[k+2]&0xC0 == 0x80 && s[k+3]&0xC0 == 0x80 {
			r := (c&0x07)<<18 | rune(s[k+1]&0x3F)<<12 | rune(s[k+2]&0x3F)<<6 | rune(s[k+3]&0x3F)
			if r > 0xFFFF && valid(r) {
				return r, k + 4
			}
		}
	}
	return runeError, k + 1
}
