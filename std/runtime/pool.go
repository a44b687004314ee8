package runtime

// What package sync's pools ask of the runtime.

// poolcleanup drops what the pools hold; it belongs to the start of a collection, with the world stopped.
var poolcleanup func()

//go:linkname sync_runtime_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_runtime_registerPoolCleanup(cleanup func()) {
	poolcleanup = cleanup
	setpoolcleanup(cleanup)
}
