// Package fetch downloads files over HTTP into folders of their own: patiently with
// servers that fail, from the next address where one does not give the file, onwards
// from where an earlier run stopped, and checked before a file takes its name.
//
// What a server says is not trusted: names stay inside the folder, and a file is what
// its digest says. Where nobody publishes a digest, the first download decides what the
// file is, and Fetched says so.
//
// What came is kept in a manifest, against which a folder is held later without any server.
package fetch

import (
	"cmp"
	"time"
)

// Patience says how long a client bears a server that fails. The zero value of
// a field takes the default in brackets.
type Patience struct {
	Attempts int           // in a row without a single byte before it gives up [6]
	Wait     time.Duration // before the second attempt; doubles each time [1 s]
	MaxWait  time.Duration // longest wait, also for a server's Retry-After [5 min]
	Stall    time.Duration // longest silence of a connection [1 min]
}

func (p Patience) withDefaults() Patience {
	return Patience{
		Attempts: cmp.Or(p.Attempts, 6), Wait: cmp.Or(p.Wait, time.Second),
		MaxWait: cmp.Or(p.MaxWait, 5*time.Minute), Stall: cmp.Or(p.Stall, time.Minute),
	}
}
