// Bubbles of testing/synctest: their clock, and when it moves.
package main

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func clock(t *testing.T) {
	start := time.Now()
	fmt.Println(start.UTC())
	results := make(chan string)
	for i := range 5 {
		go func() {
			time.Sleep(time.Duration(5-i) * time.Hour)
			results <- fmt.Sprint(i, " after ", time.Since(start))
		}()
	}
	for range 5 {
		fmt.Println(<-results)
	}
	tick := time.NewTicker(time.Minute)
	for range 3 {
		fmt.Println((<-tick.C).Sub(start))
	}
	tick.Stop()
	time.AfterFunc(time.Second, func() { fmt.Println("called") })
	time.Sleep(time.Second)
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err(), time.Since(start))
}

func blocked(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	cond := sync.NewCond(&mu)
	n := 0
	for range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			n++
			cond.Wait()
			n += 10
		}()
	}
	synctest.Wait()
	fmt.Println(n)
	runtime.GC()
	cond.Broadcast()
	wg.Wait()
	fmt.Println(n)
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
			time.Sleep(time.Second)
		}
	})
	defer stop()
	for range 3 {
		fmt.Println(next())
	}
}

func main() {
	in := func(f func(*testing.T)) func(*testing.T) {
		return func(t *testing.T) { synctest.Test(t, f) }
	}
	tests := []testing.InternalTest{{Name: "clock", F: in(clock)}, {Name: "blocked", F: in(blocked)}}
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, tests, nil, nil)
}
