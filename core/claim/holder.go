package claim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Holder says who holds a claim.
type Holder struct {
	ID    string    `json:"id"` // of this one claim
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"` // by the holder's clock
	// Place tells a process id's namespace from others: two containers may have one
	// host name.
	Place string `json:"place"`
	// Began tells the process from a later one of the same id.
	Began string `json:"began"`

	unreadable string        // the file of a claim that names no holder
	patience   time.Duration // how long the claim may look the same; 0: not for the caller to say
}

// Known reports whether there is something to say of the holder: not of one that took or
// gave back the claim at the very moment of the look.
func (h Holder) Known() bool { return h.ID != "" || h.unreadable != "" }

// String is such as "process 4711 on node7, since 2026-01-02 15:04:05".
func (h Holder) String() string {
	switch {
	case h.unreadable != "":
		return "a process that does not stand in " + h.unreadable + h.free()
	case h.ID == "":
		return "another process"
	}
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.Local().Format(time.DateTime))
}

// free says when a claim that names no holder is free.
func (h Holder) free() string {
	if h.patience == 0 {
		return ""
	}
	return fmt.Sprintf(" (it was killed, or the machine went down, when that was written): the claim is free once it was seen unchanged for %s", h.patience)
}

// self is this process as a holder, without an ID.
func self() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Holder{Host: host, PID: os.Getpid(), Place: place(host), Began: began(os.Getpid())}
}

// place names the machine, its boot and the namespace of process ids; "" where this
// system does not tell, and then holders are watched as those of other machines are.
func place(host string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return host + " " + strings.TrimSpace(string(boot)) + " " + namespace
}

// startTime is the place of a process's start, in ticks since boot, behind its name in
// /proc/PID/stat (proc_pid_stat(5), field 22).
const startTime = 22 - 3

// ended is what began says of a process that awaits its parent's look alone.
const ended = "ended"

// began is when a process started, in the kernel's words; "" when it does not run, or is
// another user's and /proc hides those (proc(5), hidepid).
func began(pid int) string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, found := strings.Cut(string(raw[strings.LastIndexByte(string(raw), ')')+1:]), " ")
	fields := strings.Fields(after)
	switch {
	case !found || len(fields) <= startTime:
		return ""
	case fields[0] == "Z" || fields[0] == "X":
		return ended
	}
	return fields[startTime]
}

// dead reports whether the holder is a process of this place that is known to have ended.
func (h Holder) dead(here string) bool {
	if here == "" || h.Place != here || h.PID <= 0 {
		return false
	}
	return errors.Is(syscall.Kill(h.PID, 0), syscall.ESRCH) || h.over(began(h.PID))
}

// over reports whether the process of the holder's id, which began then, is not the holder
// or has ended. One of which nothing is known may be the holder: its beat tells.
func (h Holder) over(start string) bool {
	return start == ended || start != "" && h.Began != "" && start != h.Began
}

// readHolder is the holder in a file, without an ID where the file does not name one.
func readHolder(path string) (Holder, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Holder{}, err
	}
	var h Holder
	if json.Unmarshal(raw, &h) != nil || h.ID == "" {
		return Holder{unreadable: path}, nil
	}
	return h, nil
}
