// Initial values of package-level variables: as data, as copies of each other, as maps that are made if they are used.
package main

import (
	"fmt"
	"runtime"
	"weak"
)

type point struct{ x, y int }
type named struct {
	name string
	p    *point
	list []point
	any  any
	f    func(int) int
	arr  [3]byte
	_    int
	c    complex64
}

func double(x int) int { return 2 * x }

var (
	one                   = 1
	pi       float32      = 3.25
	cplx                  = complex(1, -2)
	text                  = "hello" + ", " + "world"
	bytes                 = []byte("raw")
	pt                    = &point{3, 4}
	pts                   = []*point{{1, 2}, nil, {x: 5}}
	table                 = [...]named{{"a", &point{1, 2}, []point{{1, 2}, {3, 4}}, 7, double, [3]byte{1, 2, 3}, 0, 1i}, {name: "b", any: point{8, 9}}}
	ifaces                = []any{1, "two", 3.5, nil, point{1, 2}, [2]int{5, 6}, int8(-1), true, struct{}{}}
	str      fmt.Stringer = &sn{7}
	strv     fmt.Stringer = sv{"v"}
	addr                  = &one
	cycleA                = &node{next: &cycleB}
	cycleB                = node{val: 2, next: nil}
	empty                 = []int{}
	nilSlice []int        = nil
	keyed                 = [10]int{3: 30, 9: 90}
	big                   = [...]string{5: "five", 2: "two"}
	dep                   = one + 1
	fn                    = double
	conv                  = (*point)(nil)
	mixed                 = []int{1, dep, 3}
	_                     = fmt.Sprint
	zero                  = &struct{}{}
	nested                = map[string][]int{"a": {1}, "b": {2, 3}}
	u8                    = uint8(255)
	neg                   = int16(-300)
)

type node struct {
	val  int
	next *node
}
type sn struct{ n int }

func (s *sn) String() string { return fmt.Sprint("sn", s.n) }

type sv struct{ s string }

func (s sv) String() string { return "sv" + s.s }

var unused = []string{"never", "used"}

func main() {
	fmt.Println(one, pi, cplx, text, string(bytes), cap(bytes), *pt, *pts[0], pts[1], *pts[2])
	for _, n := range table {
		fmt.Println(n.name, n.p, n.list, n.any, n.f != nil, n.arr, n.c)
	}
	fmt.Println(table[0].f(21), ifaces, str, strv, *addr, cycleA.next == &cycleB)
	fmt.Println(empty == nil, nilSlice == nil, len(keyed), keyed, big, dep, fn(4), conv, mixed, *zero, nested, u8, neg)
	bytes[0] = 'R'
	pts[1] = &point{9, 9}
	table[1].p = &point{7, 7}
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	junk := make([][]byte, 1000)
	for i := range junk {
		junk[i] = make([]byte, 16)
	}
	fmt.Println(string(bytes), *pts[1], *table[1].p, len(junk))
	empty = append(empty, 1)
	bytes = append(bytes, "er"...)
	fmt.Println(empty, string(bytes))
	runtime.SetFinalizer(pt, func(*point) { println("never") })
	w := weak.Make(pt)
	runtime.AddCleanup(pt, func(int) { println("never") }, 1)
	pt = nil
	runtime.GC()
	fmt.Println(w.Value() != nil)
	if fmt.Sprintf("%T", ifaces[8]) != "struct {}" {
		panic("type")
	}
}

var (
	alias         = pt2
	pt2           = &point{5, 6}
	copied        = table2
	table2        = [2]point{{1, 1}, {2, 2}}
	sl1           = []int{1, 2, 3}
	sl2           = sl1
	called        = change()
	after         = table3
	table3        = [2]int{1, 2}
	unusedMap     = map[string]*point{"x": pt2}
	usedMap       = map[string]*point{"x": pt2, "y": {1, 2}}
	boxed     any = table2
)

func change() int { table3[0] = 100; return 1 }

func init() {
	alias.x = 50
	sl2[0] = 10
	copied[0].x = 77
	fmt.Println(pt2.x, sl1[0], table2, copied, called, after, table3, usedMap["x"] == pt2, *usedMap["y"], boxed)
}
