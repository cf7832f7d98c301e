package contract

import (
	"errors"
	"fmt"
	"syscall"
)

// The sentinel errors. Each keeps its identity across the process boundary:
// errors.Is(err, ErrNotFound) holds in the host when the plugin returned it.
var (
	// ErrInvalid: parameters or arguments are wrong; the user mends the plan.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: a file, folder, tower or token that was named does not exist.
	ErrNotFound = errors.New("not found")
	// ErrBadData: a file or stream was read and its content is damaged or contradictory.
	ErrBadData = errors.New("bad data")
	// ErrUnsupported: the plugin, or the libtorch behind it, cannot do this.
	ErrUnsupported = errors.New("unsupported")
	// ErrOrder: a call came before the call that it depends on.
	ErrOrder = errors.New("called out of order")
	// ErrNonFinite: a loss, gradient or score is NaN or infinite.
	ErrNonFinite = errors.New("not finite")
	// ErrOutOfMemory: the machine or the device has no room for the work.
	ErrOutOfMemory = errors.New("out of memory")
	// ErrDied: the plugin's process ended during a call.
	ErrDied = errors.New("plugin died")
)

// Sentinels lists every sentinel error with the code that travels for it.
func Sentinels() map[string]error {
	return map[string]error{
		"invalid": ErrInvalid, "not_found": ErrNotFound, "bad_data": ErrBadData,
		"unsupported": ErrUnsupported, "order": ErrOrder, "non_finite": ErrNonFinite,
		"out_of_memory": ErrOutOfMemory, "died": ErrDied,
	}
}

// Error is a message under a sentinel. The message is complete by itself: it
// names the thing at fault and what was expected.
type Error struct {
	Sentinel error
	Message  string
}

// Errorf makes an Error.
func Errorf(sentinel error, format string, args ...any) error {
	return &Error{Sentinel: sentinel, Message: fmt.Sprintf(format, args...)}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Sentinel }

// IsBadInput reports whether the user can mend the error by changing the plan or
// the data (exit code 2) rather than it being a failure of the work (exit code 1).
func IsBadInput(err error) bool {
	if OutOfRoom(err) {
		return false
	}
	for _, s := range []error{ErrInvalid, ErrNotFound, ErrBadData, ErrUnsupported} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

// OutOfRoom reports whether the system had no room for a file, a descriptor, a process
// or memory: a failure of the machine, whatever the work was.
func OutOfRoom(err error) bool {
	for _, full := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOSPC, syscall.EDQUOT, syscall.ENOMEM, syscall.EAGAIN} {
		if errors.Is(err, full) {
			return true
		}
	}
	return false
}
