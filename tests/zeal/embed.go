// Files as values of variables.
package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed embedded/a.txt
var text string

//go:embed embedded/a.txt
var data []byte

var size = len(text)

//go:embed embedded
var tree embed.FS

func main() {
	fmt.Printf("%q %q %d\n", text, data, size)
	fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		fmt.Println(path, d.IsDir(), err)
		return nil
	})
	two, err := tree.ReadFile("embedded/sub/two.txt")
	fmt.Printf("%q %v\n", two, err)
}
