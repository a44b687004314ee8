package runtime

import "unsafe"

// The process that the program thinks it is: arguments, environment, exit.

//go:linkname os_runtime_args os.runtime_args
func os_runtime_args() []string {
	args := make([]string, argcount())
	for i := range args {
		args[i] = argument(i)
	}
	return args
}

//go:linkname syscall_runtime_envs syscall.runtime_envs
func syscall_runtime_envs() []string { return environ() }

func environ() []string {
	envs := make([]string, envcount())
	for i := range envs {
		envs[i] = environment(i)
	}
	return envs
}

// gogetenv returns an environment variable as the process was started with it, or as syscall has set it since.
func gogetenv(key string) string {
	for e := envchanges; e != nil; e = e.next {
		if e.key == key {
			return e.value
		}
	}
	for i := 0; i < envcount(); i++ {
		s := environment(i)
		if len(s) > len(key) && s[len(key)] == '=' && s[:len(key)] == key {
			return s[len(key)+1:]
		}
	}
	return ""
}

// An envchange is a variable that was set, newest first.
type envchange struct {
	key, value string
	next       *envchange
}

var envchanges *envchange

func envset(key, value string) {
	e := new(envchange)
	e.key = key
	e.value = value
	for {
		old := envchanges
		e.next = old
		if casptr(unsafe.Pointer(&envchanges), unsafe.Pointer(old), unsafe.Pointer(e)) {
			break
		}
	}
	if key == "GODEBUG" {
		godebugNotify()
	}
}

//go:linkname syscall_runtimeSetenv syscall.runtimeSetenv
func syscall_runtimeSetenv(k, v string) {
	if k == "GODEBUG" {
		envset(k, v)
	}
}

//go:linkname syscall_runtimeUnsetenv syscall.runtimeUnsetenv
func syscall_runtimeUnsetenv(k string) {
	if k == "GODEBUG" {
		envset(k, "")
	}
}

//go:linkname syscall_Exit syscall.Exit
func syscall_Exit(code int) { exit(code) }

// os_beforeExit is called by os.Exit.
//
//go:linkname os_beforeExit os.runtime_beforeExit
func os_beforeExit(exitCode int) {}

//go:linkname syscall_Getpagesize syscall.Getpagesize
func syscall_Getpagesize() int { return 4096 }

//go:linkname os_sigpipe os.sigpipe
func os_sigpipe() { sigpipe() }

// No signal of the kernel's that os would have to live with is turned into a panic here.

//go:linkname ignoreSIGSYS os.ignoreSIGSYS
func ignoreSIGSYS() {}

//go:linkname restoreSIGSYS os.restoreSIGSYS
func restoreSIGSYS() {}

//go:linkname syscall_cgocaller syscall.cgocaller
func syscall_cgocaller(fn unsafe.Pointer, args ...uintptr) uintptr {
	throw("cgocaller: there is no cgo")
	return 0
}

//go:linkname internal_syscall_gostring internal/syscall/unix.gostring
func internal_syscall_gostring(p *byte) string {
	n := 0
	for *(*byte)(add(unsafe.Pointer(p), uintptr(n))) != 0 {
		n++
	}
	s, to := rawstring(n)
	memmove(to, unsafe.Pointer(p), uintptr(n))
	return s
}

// GOROOT returns the root of the Go tree: the GOROOT variable of the process, or the tree that the program was built
// with.
func GOROOT() string {
	if root := gogetenv("GOROOT"); root != "" {
		return root
	}
	return defaultGOROOT
}

// syscall_runtimeClearenv would tell C code that the environment is empty now; there is no C code.
//
//go:linkname syscall_runtimeClearenv syscall.runtimeClearenv
func syscall_runtimeClearenv(env unsafe.Pointer) {}
