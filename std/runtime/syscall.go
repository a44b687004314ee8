package runtime

// System calls of the program. Go counterpart: proc.go (entersyscall ..), the assembly of Syscall6.
//
// Between entersyscall and exitsyscall the goroutine keeps its P: they only say that the system call in
// between may block, and syscall6 gives the P away around the call itself.

func syscall6(a1, a2, a3, a4, a5, a6 uintptr) uintptr
func beforefork()
func afterfork()
func afterforkinchild()

// vforksyscall is called directly by the function that forks: a frame in between would be the child's as well.
//
//go:linkname vforksyscall syscall.rawVforkSyscall
func vforksyscall(trap, a1, a2, a3 uintptr) (r1, errno uintptr)

const maxErrno = 4095

//go:linkname linux_Syscall6 internal/runtime/syscall/linux.Syscall6
//go:nosplit
func linux_Syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	getg().trap = num
	r := syscall6(a1, a2, a3, a4, a5, a6)
	if r >= ^uintptr(maxErrno-1) {
		return ^uintptr(0), 0, -r
	}
	return r, a3, 0
}

//go:linkname syscall_rawSyscallNoError syscall.rawSyscallNoError
//go:nosplit
func syscall_rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	getg().trap = trap
	return syscall6(a1, a2, a3, 0, 0, 0), a3
}

//go:linkname entersyscall
//go:nosplit
func entersyscall() { getg().blocking = 1 }

//go:linkname exitsyscall
//go:nosplit
func exitsyscall() { getg().blocking = 0 }

//go:linkname syscall_runtime_BeforeFork syscall.runtime_BeforeFork
//go:nosplit
func syscall_runtime_BeforeFork() { beforefork() }

//go:linkname syscall_runtime_AfterFork syscall.runtime_AfterFork
//go:nosplit
func syscall_runtime_AfterFork() { afterfork() }

//go:linkname syscall_runtime_AfterForkInChild syscall.runtime_AfterForkInChild
//go:nosplit
func syscall_runtime_AfterForkInChild() { afterforkinchild() }

//go:linkname syscall_runtime_BeforeExec syscall.runtime_BeforeExec
func syscall_runtime_BeforeExec() {}

//go:linkname syscall_runtime_AfterExec syscall.runtime_AfterExec
func syscall_runtime_AfterExec() {}

//go:linkname syscall_runtime_doAllThreadsSyscall syscall.runtime_doAllThreadsSyscall
func syscall_runtime_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, err uintptr) {
	call := [...]uintptr{trap, a1, a2, a3, a4, a5, a6}
	result, same := allthreadssyscall(&call)
	if !same {
		throw("AllThreadsSyscall6 results differ between threads; runtime corrupted")
	}
	if result < 0 && result > -4096 {
		return ^uintptr(0), 0, uintptr(-result)
	}
	return uintptr(result), 0, 0
}

func allthreadssyscall(call *[7]uintptr) (result int, same bool)

// fcntl returns the result and the error number; package internal/syscall/unix pulls it.
func fcntl(fd, cmd, arg int32) (int32, int32) {
	const sysFcntl = 72
	r, _, errno := linux_Syscall6(sysFcntl, uintptr(fd), uintptr(cmd), uintptr(arg), 0, 0, 0)
	if errno != 0 {
		return -1, int32(errno)
	}
	return int32(r), 0
}

// vgetrandom would get random numbers without a system call; there is no such way here.
func vgetrandom(p []byte, flags uint32) (ret int, supported bool) { return -1, false }
