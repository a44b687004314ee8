package main

import "reflect"

type T struct {
	A int `json:"a"`
	b string
}

func (t T) M(x int) int        { return t.A + x }
func (t *T) P(s string) string { return s + t.b }

type I interface{ M(int) int }

func main() {
	t := &T{3, "bb"}
	v := reflect.ValueOf(t)
	println(v.Type().String(), v.Elem().Type().Field(0).Tag.Get("json"), v.NumMethod())
	println(v.MethodByName("P").Call([]reflect.Value{reflect.ValueOf("x")})[0].String())
	println(v.MethodByName("M").Call([]reflect.Value{reflect.ValueOf(4)})[0].Int())
	println(v.Elem().MethodByName("M").Call([]reflect.Value{reflect.ValueOf(5)})[0].Int())
	f := reflect.MakeFunc(reflect.TypeOf(func(int, string) (string, error) { return "", nil }), func(a []reflect.Value) []reflect.Value {
		println("in", a[0].Int(), a[1].String())
		return []reflect.Value{reflect.ValueOf("res"), reflect.Zero(reflect.TypeOf((*error)(nil)).Elem())}
	})
	r, err := f.Interface().(func(int, string) (string, error))(7, "seven")
	println(r, err == nil)
	println(f.Call([]reflect.Value{reflect.ValueOf(8), reflect.ValueOf("e")})[0].String())
	m := v.MethodByName("M").Interface().(func(int) int)
	println(m(10))
	var i I = t
	iv := reflect.ValueOf(&i).Elem()
	println(iv.Method(0).Call([]reflect.Value{reflect.ValueOf(6)})[0].Int())
	println(iv.Method(0).Interface().(func(int) int)(11))
	tm, _ := v.Type().MethodByName("M")
	println(tm.Name, tm.Type.String())
	println(tm.Func.Call([]reflect.Value{v, reflect.ValueOf(6)})[0].Int())
	mp := reflect.MakeMap(reflect.TypeOf(map[string]int{}))
	mp.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf(5))
	println(mp.Len(), mp.MapIndex(reflect.ValueOf("k")).Int())
	st := reflect.StructOf([]reflect.StructField{{Name: "X", Type: reflect.TypeOf(0)}, {Name: "Y", Type: reflect.TypeOf("")}})
	sv := reflect.New(st).Elem()
	sv.Field(1).SetString("yy")
	println(st.String(), sv.Field(1).String())
	println(reflect.DeepEqual([]int{1, 2}, []int{1, 2}), reflect.TypeOf(struct{ a []map[string]*T }{}).String())
	println(reflect.SliceOf(reflect.TypeOf(0)) == reflect.TypeOf([]int{}), reflect.PointerTo(reflect.TypeOf(T{})) == v.Type(), reflect.FuncOf([]reflect.Type{reflect.TypeOf(0)}, nil, false) == reflect.TypeOf(func(int) {}))
	ch := reflect.MakeChan(reflect.TypeOf(make(chan int)), 2)
	ch.Send(reflect.ValueOf(3))
	x, ok := ch.TryRecv()
	println(x.Int(), ok)
	_, ok = ch.TryRecv()
	println(ok)
	ch.Send(reflect.ValueOf(4))
	c, rv, ok := reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectDefault}, {Dir: reflect.SelectRecv, Chan: ch}})
	println(c, rv.Int(), ok)
}
