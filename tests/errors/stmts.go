// Statements.

package stmts

func conditions(i int, s string) {
	if i { // ERROR "non-boolean condition in if statement"
	}
	for s { // ERROR "non-boolean condition in for statement"
	}
	i == 1 // ERROR "i == 1 .*is not used"
	len(s) // ERROR "len\(s\) .*is not used"
	append([]int{}, 1) // ERROR "is not used"
	int(i) // ERROR "is not used"
	go int(i) // ERROR "requires function call, not conversion"
	defer len(s) // ERROR "defer discards result of len\(s\)"
	s++ // ERROR "invalid operation: s\+\+ \(non-numeric type string\)"
	i += "x" // ERROR "mismatched types|cannot convert"
}

func returns(b bool) (int, string) {
	if b {
		return 1 // ERROR "not enough return values"
	}
	return 1, "x", 2 // ERROR "too many return values"
}

func terminating1(i int) int {
	for {
	}
}

func terminating2(i int) int {
	for {
		if i > 1 {
			break
		}
	}
} // ERROR "missing return"

func terminating3(i int) int {
L:
	switch {
	case i > 1:
		panic(i)
	default:
		for {
			break L
		}
	}
} // ERROR "missing return"

func terminating4(c chan int) int {
	select {
	case <-c:
		return 1
	case c <- 1:
		panic("sent")
	}
}

func switches(i int, x interface{}, f func()) {
	switch i {
	case 1, 2:
	case 2: // ERROR "duplicate case 2 .*in expression switch"
	case "x": // ERROR "mismatched types|cannot convert"
	default:
	}
	switch f {
	case nil:
	}
	switch y := x.(type) { // ERROR "y declared and not used"
	case int:
	case string, int: // ERROR "duplicate case int in type switch"
	}
	switch y := x.(type) {
	case int:
		_ = y + 1
	case string:
		_ = y + 1 // ERROR "mismatched types|cannot convert"
	case nil:
		_ = y
	}
	switch i.(type) { // ERROR "i .variable of type int. is not an interface"
	}
}

func ranges(m map[string]int, c chan int, send chan<- int, f func(func(int) bool)) {
	for i, x := range c { // ERROR "permits only one iteration variable"
		_, _ = i, x
	}
	for range send { // ERROR "cannot range over send .*receive from send-only channel"
	}
	for k, v := range m { // ERROR "declared and not used: k"
		k = v // ERROR "cannot use v .variable of type int. as string value in assignment"
	}
	for i := range 3.5 { // ERROR "cannot range over 3.5"
		_ = i
	}
	for i := range f { // ERROR "declared and not used: i"
		i = "x" // ERROR "cannot use .x. .untyped string constant. as int value in assignment"
	}
	var s string
	for s = range []int{} { // ERROR "cannot use"
	}
	_ = s
}

func selects(c chan int) {
	select {
	case x := 1: // ERROR "select case must be send or receive"
		_ = x
	case <-c:
	}
	c <- "x" // ERROR "cannot use .x. .untyped string constant. as int value in send"
	<-send() // ERROR "cannot receive from send-only channel"
}

func send() chan<- int { return nil }

//go:noinline // ERROR "misplaced compiler directive"
var notAFunction int

//go:noinline
func aFunction() {
	//go:nosplit // ERROR "misplaced compiler directive"
	var x int
	_ = x
}

//go:norace // ERROR "misplaced compiler directive"

//go:build linux // ERROR "misplaced compiler directive"
