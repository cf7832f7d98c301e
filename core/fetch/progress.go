package fetch

import (
	"fmt"
	"io"
)

// Progress tells how far a download or a check is, in bytes.
type Progress struct {
	Checking    bool   // files on disk are read rather than downloaded
	Unpacking   bool   // archives on disk are unpacked
	File        string // at work
	Done, Total int64  // over all files; Total is 0 while a size is unknown
}

// Counted reports what is read through it.
type Counted struct {
	io.Reader
	Each func(n int)
}

// Read reads and reports.
func (c *Counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.Each(n)
	return n, err
}

// Size is a number of bytes for people, such as "548 MB".
func Size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	value, unit := float64(n), 0
	for value >= 999.5 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	if value < 10 && unit > 0 {
		return fmt.Sprintf("%.1f %s", value, units[unit])
	}
	return fmt.Sprintf("%.0f %s", value, units[unit])
}
