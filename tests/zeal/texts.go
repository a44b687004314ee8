// Strings that are constants: comparisons and switches word by word, of every length, and searches for bytes.
package main

import (
	"bytes"
	"fmt"
	"strings"
)

func sw(s string) int {
	switch s {
	case "":
		return 100
	case "a", "b":
		return 1
	case "c":
		return 2
	case "d":
		return 3
	case "abc":
		fallthrough
	case "abd":
		return 4
	case "1234567":
		return 5
	case "123456789":
		return 6
	case "this is a text that is longer than thirty-two bytes":
		return 7
	case "this is a text that is longer than thirty-two bytez":
		return 8
	default:
		return -1
	case "xyzzy":
		return 9
	}
}

type text string

func few(s text) int {
	switch s {
	case "one":
		return 1
	case "hello, long one here":
		return 2
	}
	return 0
}

func eq(s string) (n int) {
	if s == "" {
		n++
	}
	if "abcdef" == s {
		n += 2
	}
	if s != "abcdefgh" {
		n += 4
	}
	if s == "abcdefghi" {
		n += 8
	}
	if s == "0123456789abcdef0123456789abcdef" {
		n += 16
	}
	if s == "abc" {
		n += 32
	}
	if s == "\xff\xfe\x80\x00\x01" {
		n += 64
	}
	return
}

func main() {
	for _, s := range []string{"", "a", "b", "c", "d", "e", "abc", "abd", "abe", "1234567", "1234568", "123456789", "023456789", "123456780",
		"this is a text that is longer than thirty-two bytes", "this is a text that is longer than thirty-two bytez", "this is a text that is longer than thirty-two byteq", "xyzzy", "xyzz", "zzzzzzzzzzzzzz"} {
		fmt.Println(s, sw(s))
	}
	fmt.Println(few("one"), few("two"), few("hello, long one here"), few("hello, long one herf"))
	for _, s := range []string{"", "abcdef", "abcdefgh", "abcdefghi", "abcdefghj", "bbcdefghi", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeg", "abc", "\xff\xfe\x80\x00\x01", "\xff\xfe\x80\x00\x02"} {
		fmt.Println(eq(s), eq(string([]byte(s))))
	}
	b := []byte("hello world, hello all")
	fmt.Println(bytes.IndexByte(b, 'w'), bytes.IndexByte(b, 'z'), strings.IndexByte("", 'a'), strings.IndexByte(string(b), 'd'), strings.Count(string(b), "l"), bytes.Count(b, []byte("h")))
	fmt.Println(bytes.Compare(b, []byte("hello")), bytes.Compare(nil, b), strings.Compare("a", "b"), bytes.Compare(b, b))
	fmt.Println(string(b[:5]) == "hello", string(b[:5]) != "hellp")
	switch x := string(b[6:11]); x {
	case "world":
		fmt.Println("world", len(x))
	case "hello", "all", "w", "q":
		fmt.Println("no")
	}
}
