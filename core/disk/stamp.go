package disk

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Stamp is what changes when somebody writes a file, also one who sets its time back: no
// program can set the time of the last change.
type Stamp struct {
	Size   int64  `json:"size"`
	MTime  int64  `json:"mtime"` // of the last writing; nanoseconds since 1970, as CTime
	CTime  int64  `json:"ctime"` // of the last change
	Inode  uint64 `json:"inode"`
	Device uint64 `json:"device,omitempty"` // by this machine's count
}

// StampOf is the stamp of an open file.
func StampOf(f *os.File) (Stamp, error) {
	var s unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &s)
	return stamp("fstat", f.Name(), s, err)
}

// StampAt is the stamp of the file of a path, which is not opened.
func StampAt(path string) (Stamp, error) {
	var s unix.Stat_t
	err := unix.Stat(path, &s)
	return stamp("stat", path, s, err)
}

func stamp(op, path string, s unix.Stat_t, err error) (Stamp, error) {
	if err != nil {
		return Stamp{}, &os.PathError{Op: op, Path: path, Err: err}
	}
	return Stamp{Size: s.Size, MTime: s.Mtim.Nano(), CTime: s.Ctim.Nano(), Inode: s.Ino, Device: uint64(s.Dev)}, nil
}

// settled is how long a file must have been left alone before its stamp is trusted: longer
// than the coarsest clock of a file system that is used, since two changes within one of its
// ticks have the same time.
const settled = 3 * time.Second

// Settled reports whether another change of the file would have given it another stamp.
func (s Stamp) Settled(now time.Time) bool { return now.Sub(time.Unix(0, s.CTime)) > settled }
