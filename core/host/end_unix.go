//go:build unix && !linux

package host

// awaitEnd cannot wait without reaping here.
func awaitEnd(int) bool { return false }
