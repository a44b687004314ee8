package reflect

import (
	"internal/abi"
	"sync"
	"unsafe"
)

// What the runtime needs to know for calls and made functions.

func init() {
	reflectCall, methodCall := callReflect, callMethod
	setMakeFunc(*(*unsafe.Pointer)(unsafe.Pointer(&reflectCall)), *(*unsafe.Pointer)(unsafe.Pointer(&methodCall)))
}

// setMakeFunc tells the runtime what makeFuncStub and methodValueCall call.
func setMakeFunc(callReflect, callMethod unsafe.Pointer)

// A frameOrigin is what a frame type was made of.
type frameOrigin struct {
	ftyp     *funcType
	receiver bool
}

// frameFuncs holds the frameOrigin of each frame type that the runtime has asked for.
var frameFuncs sync.Map

// frameFunc returns the function type that funcLayout made the frame type of, and whether it has a receiver.
func frameFunc(frame *abi.Type) (*funcType, bool) {
	if o, ok := frameFuncs.Load(frame); ok {
		o := o.(frameOrigin)
		return o.ftyp, o.receiver
	}
	layoutCache.Range(func(k, v any) bool {
		key := k.(layoutKey)
		frameFuncs.Store(v.(layoutType).t, frameOrigin{key.ftyp, key.rcvr != nil})
		return true
	})
	o, ok := frameFuncs.Load(frame)
	if !ok {
		panic("reflect: call with a frame that is no function's")
	}
	return o.(frameOrigin).ftyp, o.(frameOrigin).receiver
}
