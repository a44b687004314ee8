// Methods of embedded fields, of types that only reflect makes pointers to.
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
)

type I interface{ M() string }

type T string

func (t *T) M() string {
	if t == nil {
		return "nil"
	}
	return string(*t)
}

type named struct{ I }

type byValue struct{ T }

type twice struct{ named }

func try(v any) {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	m, ok := p.Interface().(I)
	fmt.Print(p.Type(), " ", p.Type().NumMethod(), " ", ok)
	if ok {
		fmt.Print(" ", m.M(), " ", p.Method(0).Call(nil)[0])
	}
	fmt.Println()
}

type jm string

func (m *jm) MarshalJSON() ([]byte, error) {
	if m == nil {
		return json.Marshal("none")
	}
	return json.Marshal("some " + string(*m))
}

func main() {
	t := T("t")
	try(struct{ I }{&t})
	try(named{&t})
	try(byValue{"v"})
	try(struct{ T }{"u"})
	try(twice{named{(*T)(nil)}})
	try(struct{ x int }{1})
	b, err := json.Marshal(struct{ M json.Marshaler }{(*jm)(nil)})
	fmt.Println(string(b), err)
}
