package runtime

import "unsafe"

// Panic, recover, defer and Goexit.
//
// Deferred calls run on top of the panicking frames, newest first. A function that defers in a loop has its calls in the
// goroutine's list; any other keeps them in its frame, where opendefer finds them. A frame is named by its distance from the top of the stack, which survives a move of the
// stack; a greater distance is a newer frame. When a deferred call has recovered the panic, the frame that
// deferred it continues at its landing block, which runs its other deferred calls and returns.

// A _defer is a deferred call that has not run.
type _defer struct {
	fn    func()
	frame uintptr // of the function that deferred it
	link  *_defer // the one deferred before
}

// A _panic is a panic, or a Goexit, in progress.
type _panic struct {
	arg        any
	link       *_panic // the one before
	driver     uintptr // the frame that runs deferred calls for it
	frame      uintptr // the frame whose deferred call is running
	recovered  bool
	repanicked bool // the next panic has the same value
	goexit     bool
}

// deferproc records a deferred call of the function with frame pointer fp.
func deferproc(fn func(), fp uintptr) {
	gp := getg()
	d := new(_defer)
	d.fn = fn
	d.frame = gp.stackhi - fp
	d.link = gp._defer
	gp._defer = d
}

// deferpop takes the newest deferred call of the function with frame pointer fp, nil if there is none.
func deferpop(fp uintptr) func() {
	gp := getg()
	d := gp._defer
	if d == nil || d.frame != gp.stackhi-fp {
		return nil
	}
	gp._defer = d.link
	return d.fn
}

// nextdefer takes the next deferred call that p is to make, if there is one. All frames newer than *link have none.
func nextdefer(gp *g, p *_panic, link *uintptr) (fn func(), ok bool) {
	d := gp._defer
	bound := uintptr(0)
	if d != nil {
		bound = d.frame
	}
	frame, l := opendefer(*link, bound)
	if frame != 0 {
		// A frame newer than that of the newest call in the list.
		*link = l
		p.frame = frame
		closure := takeopendefer(frame, l)
		return *(*func())(unsafe.Pointer(&closure)), true
	}
	if d == nil {
		return nil, false
	}
	gp._defer = d.link
	p.frame = d.frame
	return d.fn, true
}

// panicnil reports whether GODEBUG has panicnil=1: recover returns nil after panic(nil) then.
func panicnil() bool {
	const key = "panicnil="
	set := false
	for s := gogetenv("GODEBUG"); s != ""; {
		item := s
		s = ""
		for i := range item {
			if item[i] == ',' {
				item, s = item[:i], item[i+1:]
				break
			}
		}
		if len(item) > len(key) && item[:len(key)] == key {
			set = item[len(key):] == "1"
		}
	}
	return set
}

// gopanic implements panic. It makes the deferred calls itself: its own frame is what recover looks for.
//
//go:noinline
func gopanic(e any) {
	if e == nil && !panicnil() {
		e = new(PanicNilError)
	}
	gp := getg()
	p := new(_panic)
	p.arg = e
	p.link = gp._panic
	gp._panic = p
	p.driver = gp.stackhi - getframepointer()
	link := p.driver
	for fn, ok := nextdefer(gp, p, &link); ok; fn, ok = nextdefer(gp, p, &link) {
		fn()
		if p.recovered {
			unwind(gp, p.frame)
		}
	}
	// The frame that recover looks for is gone; another one may lie at its place.
	p.driver = 0
	preprintpanics(gp._panic)
	startpanic()
	printpanics(gp._panic)
	fatalpanic()
}

// unwind continues in a frame after a recovered panic. Panics that were in progress in newer frames are
// over; a Goexit among them goes on.
func unwind(gp *g, frame uintptr) {
	p := gp._panic
	for p != nil && p.driver > frame {
		if p.goexit {
			gp._panic = p
			finishgoexit(gp, p)
		}
		p = p.link
	}
	gp._panic = p
	if p == nil {
		gp.faultpc = 0
	}
	recovery(frame)
}

// gorecover implements recover, called by the function with frame pointer fp. Only a function that was
// deferred and is called by the panic itself recovers it.
func gorecover(fp uintptr) any {
	gp := getg()
	p := gp._panic
	if p == nil || p.goexit || p.recovered {
		return nil
	}
	if gp.stackhi-callerframe(fp) != p.driver {
		return nil
	}
	p.recovered = true
	return p.arg
}

// Goexit ends the goroutine that calls it, after running its deferred calls. No other goroutine is affected. Since
// it is not a panic, recover returns nil in those calls.
func Goexit() {
	gp := getg()
	p := new(_panic)
	p.goexit = true
	p.link = gp._panic
	gp._panic = p
	finishgoexit(gp, p)
}

// finishgoexit makes the deferred calls that are left.
//
//go:noinline
func finishgoexit(gp *g, p *_panic) {
	p.driver = gp.stackhi - getframepointer()
	link := p.driver
	for fn, ok := nextdefer(gp, p, &link); ok; fn, ok = nextdefer(gp, p, &link) {
		fn()
	}
	gp._panic = nil
	goexit0()
}

// A PanicNilError is the value that recover returns after panic(nil).
type PanicNilError struct {
	// Makes it different from every other struct type.
	_ [0]*PanicNilError
}

func (*PanicNilError) Error() string { return "runtime error: panic called with nil argument" }
func (*PanicNilError) RuntimeError() {}

// Faults and checks in compiled code.

func panicdivide() {
	panic(errorString("integer divide by zero"))
}

func panicshift() {
	panic(errorString("negative shift amount"))
}

func panicoverflow() {
	panic(errorString("integer overflow"))
}

// panicmem is called for a nil pointer: by compiled code, or as if by the instruction that faulted.
func panicmem() {
	if gp := getg(); gp.faultpanics != 0 && gp.faultpc != 0 && gp.faultaddr >= 4096 {
		panic(errorAddressString{"invalid memory address or nil pointer dereference", gp.faultaddr})
	}
	panic(errorString("invalid memory address or nil pointer dereference"))
}

func panicmakeslicelen() {
	panic(errorString("makeslice: len out of range"))
}

func panicmakeslicecap() {
	panic(errorString("makeslice: cap out of range"))
}

func panicunsafeslicelen() {
	panic(errorString("unsafe.Slice: len out of range"))
}

func panicunsafeslicenilptr() {
	panic(errorString("unsafe.Slice: ptr is nil and len is not zero"))
}

func panicunsafestringlen() {
	panic(errorString("unsafe.String: len out of range"))
}

func panicunsafestringnilptr() {
	panic(errorString("unsafe.String: ptr is nil and len is not zero"))
}

// panicwrap is called by the wrapper of a value method that got a nil pointer. The name of the wrapper is
// pkg.(*Type).Method or *pkg.Type.Method, perhaps with a suffix behind a middle dot.
func panicwrap() {
	name := ""
	full := callername(getframepointer())
	for i := 0; i < len(full); i++ {
		c := full[i]
		if c == '\xC2' {
			break // the first byte of a middle dot
		}
		if c != '(' && c != '*' && c != ')' {
			name += full[i : i+1]
		}
	}
	// pkg.Type.Method
	meth := lastdot(name)
	typ := lastdot(name[:meth])
	panic(plainError("value method " + name + " called using nil *" + name[typ+1:meth] + " pointer"))
}

// lastdot returns the index of the last dot in s, 0 if there is none.
func lastdot(s string) int {
	i := len(s) - 1
	for i > 0 && s[i] != '.' {
		i--
	}
	return max(i, 0)
}

// Messages of a panic that nobody recovered.

type stringer interface {
	String() string
}

// preprintpanics turns errors and stringers into strings while Go code can still run.
func preprintpanics(p *_panic) {
	defer func() {
		text := "panic while printing panic value"
		switch r := recover().(type) {
		case nil:
		case string:
			throw(text + ": " + r)
		default:
			throw(text + ": type " + typestring(efaceOf(&r).typ))
		}
	}()
	for p != nil {
		if p.link != nil && *efaceOf(&p.link.arg) == *efaceOf(&p.arg) {
			p.link.repanicked = true
		} else {
			switch v := p.arg.(type) {
			case error:
				p.arg = v.Error()
			case stringer:
				p.arg = v.String()
			}
		}
		p = p.link
	}
}

func printpanics(p *_panic) {
	if p.link != nil {
		printpanics(p.link)
		if p.link.repanicked {
			return
		}
		if !p.link.goexit {
			print("\t")
		}
	}
	if p.goexit {
		return
	}
	print("panic: ")
	printpanicval(p.arg)
	if p.recovered && p.repanicked {
		print(" [recovered, repanicked]")
	} else if p.recovered {
		print(" [recovered]")
	}
	print("\n")
}

// printpanicval prints a value of a basic type as such, of a type built on one as TYPE(value), and any
// other as (TYPE) ADDRESS.
func printpanicval(v any) {
	e := efaceOf(&v)
	if e.typ == nil {
		print("nil")
		return
	}
	// The predeclared types, and only they, are named without a package.
	name := typestring(e.typ)
	named := false
	for i := 0; i < len(name); i++ {
		if name[i] == '.' {
			named = true
		}
	}
	kind := e.typ.kind
	basic := kind >= kindBool && kind <= kindComplex128 || kind == kindString
	if !basic {
		print("(", name, ") ", e.data)
		return
	}
	// A complex number has parentheses already.
	parens := named && kind != kindComplex64 && kind != kindComplex128
	if named {
		print(name)
	}
	if parens {
		print("(")
	}
	printbasic(kind, e.data, named)
	if parens {
		print(")")
	}
}

func printbasic(kind uint8, p unsafe.Pointer, quote bool) {
	switch kind {
	case kindBool:
		print(*(*bool)(p))
	case kindInt:
		print(*(*int)(p))
	case kindInt8:
		print(*(*int8)(p))
	case kindInt16:
		print(*(*int16)(p))
	case kindInt32:
		print(*(*int32)(p))
	case kindInt64:
		print(*(*int64)(p))
	case kindUint:
		print(*(*uint)(p))
	case kindUint8:
		print(*(*uint8)(p))
	case kindUint16:
		print(*(*uint16)(p))
	case kindUint32:
		print(*(*uint32)(p))
	case kindUint64:
		print(*(*uint64)(p))
	case kindUintptr:
		print(*(*uintptr)(p))
	case kindFloat32:
		print(*(*float32)(p))
	case kindFloat64:
		print(*(*float64)(p))
	case kindComplex64:
		print(*(*complex64)(p))
	case kindComplex128:
		print(*(*complex128)(p))
	case kindString:
		if quote {
			print("\"")
		}
		printindented(*(*string)(p))
		if quote {
			print("\"")
		}
	}
}

// printindented puts a tab behind every newline, so that no text of the program looks like the runtime's.
func printindented(s string) {
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			print(s[start:i+1], "\t")
			start = i + 1
		}
	}
	print(s[start:])
}
