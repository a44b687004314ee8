// Child processes: the child begins in the frame of the function that forks.
package main

import (
	"fmt"
	"os/exec"
	"strings"
)

func main() {
	for i := 0; i < 5; i++ {
		cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("cat; echo err >&2; exit %d", i))
		cmd.Stdin = strings.NewReader(strings.Repeat("x", i))
		out, err := cmd.CombinedOutput()
		fmt.Printf("%q %v\n", out, err)
	}
	_, err := exec.Command("/no/such/program").Output()
	fmt.Println(err)
}
