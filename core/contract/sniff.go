package contract

import (
	"context"
	"encoding/json"
)

// Confidence says how surely a guess about a path is right.
type Confidence string

// The confidences, surest first.
const (
	// ConfidenceCertain: nothing but the dataset's own format looks like this.
	ConfidenceCertain Confidence = "certain"
	// ConfidenceLikely: the names or the content fit, and little else would.
	ConfidenceLikely Confidence = "likely"
	// ConfidencePossible: a general format, which fits many files.
	ConfidencePossible Confidence = "possible"
)

// Confidences lists every confidence, surest first.
func Confidences() []Confidence {
	return []Confidence{ConfidenceCertain, ConfidenceLikely, ConfidencePossible}
}

// Guess is one way to read a path.
type Guess struct {
	// Params are parameters of Configure as a JSON object; files in them are the
	// path or lie below it.
	Params     json.RawMessage
	Confidence Confidence
	Why        string // what was recognised, one line of words
}

// Sniffer is a Dataset with CapabilitySniff: it recognises its own files.
type Sniffer interface {
	Dataset
	// Sniff says how the plugin would read a file or a folder: the best guess
	// first, none where it recognises nothing. It works before Configure, changes
	// nothing that was configured, and reads names and the beginnings of files (a
	// megabyte or so), so that an answer takes no longer for large data. A damaged
	// or foreign file is no error but no guess; ErrNotFound where there is no path.
	Sniff(ctx context.Context, path string) ([]Guess, error)
}
