// Fills a text template: loops, conditions, pipelines, nested templates, fields and methods by reflection.
package main

import (
	"fmt"
	"strings"
	"text/template"
)

type user struct {
	Name  string
	Age   int
	Roles []string
	Extra map[string]int
}

func (u user) Adult() bool { return u.Age >= 18 }

const page = `{{define "role"}}[{{. | upper}}]{{end -}}
{{range $i, $u := .Users}}{{$i}}: {{$u.Name | printf "%-12s"}} {{if $u.Adult}}adult{{else}}child{{end}} {{range $u.Roles}}{{template "role" .}}{{end}}
{{- with $u.Extra}}{{range $k, $v := .}} {{$k}}={{$v}}{{end}}{{end}} {{len $u.Roles}} {{html $u.Name}}
{{end}}total {{len .Users}}
`

func main() {
	t := template.Must(template.New("page").Funcs(template.FuncMap{"upper": strings.ToUpper}).Parse(page))
	var users []user
	for i := 0; i < 500; i++ {
		u := user{Name: fmt.Sprintf("user<%d>", i), Age: i % 40, Roles: []string{"admin", "guest", "staff"}[:i%4]}
		if i%2 == 0 {
			u.Extra = map[string]int{"a": i, "b": i * 2, "c": i * 3}
		}
		users = append(users, u)
	}
	total := 0
	for round := 0; round < 120; round++ {
		var out strings.Builder
		if err := t.Execute(&out, map[string]any{"Users": users}); err != nil {
			panic(err)
		}
		total += out.Len()
	}
	fmt.Println(total)
}
