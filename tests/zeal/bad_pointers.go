// Pointers that are nil or wild, where a runtime function is the first to use them.
package main

import (
	"fmt"
	"runtime/debug"
	"unsafe"
)

type Big struct {
	a [100]int
	s string
}

func try(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

var p *Big
var arr *[1000]byte
var sink Big
var bytes []byte
var m = map[Big]int{}

func main() {
	try("copy", func() { sink = *p })
	try("store", func() { *p = sink })
	try("zero", func() { *p = Big{} })
	try("cmp", func() { fmt.Println(*p == sink) })
	try("slice", func() { fmt.Println(len(arr[:])) })
	try("range", func() {
		for _, x := range arr {
			_ = x
		}
	})
	try("mapkey", func() { fmt.Println(m[*p]) })
	try("iface", func() { var i any = *p; _ = i; fmt.Println(i) })
	try("ch", func() { c := make(chan Big, 1); c <- *p })
	try("recv", func() { c := make(chan Big, 1); c <- sink; *p = <-c })
	try("append", func() { fmt.Println(len(append([]Big(nil), *p))) })
	try("arrcmp", func() { var q [1000]byte; fmt.Println(*arr == q) })
	debug.SetPanicOnFault(true)
	wild := unsafe.String((*byte)(unsafe.Pointer(uintptr(0xdead000))), 100)
	try("wild compare", func() { fmt.Println(wild == string(make([]byte, 100))) })
	try("wild copy", func() { bytes = []byte(wild) })
}
