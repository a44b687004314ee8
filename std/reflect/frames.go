package reflect

import (
	"internal/abi"
	"unsafe"
)

// What the runtime needs to know for calls and made functions.

func init() {
	reflectCall, methodCall := callReflect, callMethod
	setMakeFunc(*(*unsafe.Pointer)(unsafe.Pointer(&reflectCall)), *(*unsafe.Pointer)(unsafe.Pointer(&methodCall)))
}

// setMakeFunc tells the runtime what makeFuncStub and methodValueCall call.
func setMakeFunc(callReflect, callMethod unsafe.Pointer)

// frameFunc returns the function type that funcLayout made the frame type of, and whether it has a receiver. The runtime asks
// once for each type.
func frameFunc(frame *abi.Type) (ftyp *funcType, receiver bool) {
	layoutCache.Range(func(k, v any) bool {
		if v.(layoutType).t != frame {
			return true
		}
		key := k.(layoutKey)
		ftyp, receiver = key.ftyp, key.rcvr != nil
		return false
	})
	if ftyp == nil {
		panic("reflect: call with a frame that is no function's")
	}
	return ftyp, receiver
}
