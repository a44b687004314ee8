// Declarations: twice, missing, unused, in circles.

package decls

import "unsafe" // ERROR "unsafe. imported and not used"

const (
	a, b = 1 // ERROR "missing init expr for b"
	c    = 1, 2 // ERROR "extra init expr 2"
	d    = iota
	e
)

var (
	v1 = v2 // ERROR "initialization cycle for v1\n.*v1 refers to v2\n.*v2 refers to v1|initialization cycle"
	v2 = v1
	v3 = f3() // ERROR "initialization cycle"
	v4 int
	v4 string // ERROR "v4 redeclared in this block"
	v5 undefinedType // ERROR "undefined: undefinedType"
	v6, v7 = 1, 2, 3 // ERROR "extra init expr 3"
)

func f3() int { return v3 }

type T1 T2 // ERROR "invalid recursive type T1"
type T2 T1

type T3 struct { // ERROR "invalid recursive type T3|invalid recursive type: T3 refers to itself"
	t [2]T3
}

type T4 struct{ next *T4 }

type T5 = *T5 // ERROR "invalid recursive type: T5 refers to itself"

type T6 struct {
	x int
	x string // ERROR "x redeclared"
}

func (T6) x()  {} // ERROR "field and method with the same name x"
func (*T6) m() {}
func (T6) m()  {} // ERROR "method T6.m already declared"

func (int) m()        {} // ERROR "cannot define new methods on non-local type int"
func (p **T4) m()     {} // ERROR "invalid receiver type"
func (i interface{}) m() {} // ERROR "invalid receiver type"

func init() int { return 0 } // ERROR "func init must have no arguments and no return values"

var init = 1 // ERROR "cannot declare init - must be func"

func locals(p int) (r int) {
	var unused int // ERROR "declared and not used: unused"
	x := 1 // ERROR "declared and not used: x"
	{
		r := 2
		_ = r
		return // ERROR "result parameter r not in scope at return"
	}
	const k = 1
	type local struct{ l *local }
	var p string // ERROR "p redeclared in this block" 
	func() {
		x := 3 // ERROR "declared and not used: x"
	}()
	return
}

func dup(a int, a string) {} // ERROR "a redeclared in this block"

var s = "string" + d // ERROR "mismatched types|cannot convert"

// An instance of a generic alias in a chain of aliases, though what it stands for is none.
type aliased struct{}
type genericAlias[P any] = aliased
type instance = *genericAlias[int]

func (instance) m() {} // ERROR "cannot define new methods on instantiated type genericAlias\[int\]"

type _ cyclicAlias
type cyclicAlias = cyclic // ERROR "invalid recursive type cyclicAlias"
type cyclic [len(cyclicAlias{})]int
