// Interfaces, embedding, and what implements what.

package interfaces

type I interface {
	M(int) string
	N()
}

type J interface {
	I
	N()
	O()
	O() // ERROR "duplicate method O"
}

type T struct{}

func (T) M(int) string { return "" }
func (*T) N()          {}

type U struct{ T }

func (U) M() {}

type V struct{ *T }

type A struct{ x, y int }
type B struct{ x int }
type C struct {
	A
	B
}

type D struct {
	*I // ERROR "embedded field type cannot be a pointer to an interface"
}

var _ I = T{} // ERROR "T does not implement I .method N has pointer receiver."
var _ I = &T{}
var _ I = U{} // ERROR "U does not implement I .wrong type for method M."
var _ I = V{}
var _ I = 1 // ERROR "int does not implement I .missing method M."

func use(c C, i I, p *I, e interface{ n() }) {
	_ = c.y
	_ = c.x // ERROR "ambiguous selector c.x"
	_ = c.z // ERROR "c.z undefined .type C has no field or method z."
	p.N() // ERROR "p.N undefined .type \*I is pointer to interface, not interface."
	_ = i.(T) // ERROR "impossible type assertion"
	_ = i.(*T)
	_ = e.(interface{ n() int })
	_ = T.N // ERROR "invalid method expression T.N"
	_ = (*T).N
}

var _ map[[]int]int // ERROR "invalid map key type \[\]int"
var _ map[I]int

type Number interface{ ~int | float64 }

var n Number // ERROR "cannot use type Number outside a type constraint: interface contains type constraints"

type pair[A, B any] struct{}
type fewArgs pair[ // ERROR "not enough type arguments for type pair: have 1, want 2"
	int]
type embedsParam[T any] struct{ T } // ERROR "embedded field type cannot be a \(pointer to a\) type parameter"

func toAny[T any]() { _ = T(1) } // ERROR "cannot convert 1 \(untyped int value\) to type T: T does not contain specific types"
func pointees[T *int | *string](x T) { *x = 1 } // ERROR "pointers of x \(variable of type T constrained by \*int \| \*string\) must have identical base types"
func fromSender[C chan<- int](c C) { <-c } // ERROR "cannot receive from c \(variable of type C constrained by chan<- int\): send-only channel chan<- int"
