// A web server: pages from a template, JSON, a count under a mutex. With an address it serves until it is
// interrupted; without one it serves a few requests of its own and says what came back.
//
//	gort run examples/web_server.go 127.0.0.1:8080
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"
)

var page = template.Must(template.New("page").Parse(
	"<h1>Hello, {{.Name}}</h1>{{range .Items}}<li>{{.}}</li>{{end}}\n"))

type server struct {
	mu    sync.Mutex
	seen  map[string]int
	total int
}

func (s *server) hello(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	s.mu.Lock()
	s.seen[name]++
	s.total++
	s.mu.Unlock()
	data := struct {
		Name  string
		Items []int
	}{name, []int{1, 2, 3}}
	if err := page.Execute(w, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s *server) stats(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"total": s.total, "seen": s.seen})
}

func main() {
	s := &server{seen: make(map[string]int)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", s.hello)
	mux.HandleFunc("GET /stats", s.stats)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}

	addr := "127.0.0.1:0"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- web.Serve(listener) }()
	if len(os.Args) > 1 {
		fmt.Println("serving on", listener.Addr())
		<-ctx.Done()
	} else {
		visit("http://" + listener.Addr().String())
		// Connections without a request count as busy for 5 seconds.
		http.DefaultClient.CloseIdleConnections()
	}
	late, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	fmt.Println("shutdown:", web.Shutdown(late))
	fmt.Println("serve:", <-done)
}

// visit asks for pages from many goroutines at once, then for the count.
func visit(base string) {
	get := func(path string) string {
		response, err := http.Get(base + path)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %s", response.StatusCode, body)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 5 {
				get(fmt.Sprintf("/hello/%c", 'a'+i%4))
			}
		})
	}
	all.Wait()
	fmt.Print(get("/hello/<gopher>"))
	fmt.Print(get("/stats"))
	fmt.Print(get("/nothing"))
}
