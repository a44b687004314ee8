package embed

// newFS is the value of an FS variable with a go:embed directive. The index has name, NUL, size in decimal and NUL for each
// file, sorted as FS wants it; the data of all files follow each other.
func newFS(index, data string) FS {
	var files []file
	for index != "" {
		name, rest := cut(index)
		digits, rest := cut(rest)
		index = rest
		size := 0
		for _, d := range []byte(digits) {
			size = size*10 + int(d-'0')
		}
		files = append(files, file{name: name, data: data[:size]})
		data = data[size:]
	}
	return FS{&files}
}

func cut(s string) (before, after string) {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
