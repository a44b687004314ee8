package main

type point struct{ x, y int }

type node struct {
	at   [4]point
	next *node
}

// What is assigned to is located when the assignment happens: the checks come last.
func swap(s []int, i, j int) { s[i], s[j] = s[j], s[i] }

func set(n *node, i int, p point) { n.next.at[i] = p }

func copied(n node) node {
	n.at[1].y++
	return n
}

func tail(b []byte, i int) []byte { return b[i:] }

func main() {
	s := []int{1, 2}
	swap(s, 0, 1)
	n := &node{next: &node{}}
	set(n, 2, point{3, 4})
	println(s[0], n.next.at[2].y, copied(*n).at[1].y, len(tail([]byte("abc"), 1)))
}
