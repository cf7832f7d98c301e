// Package malformed leaves the damaged records of a published file out where the user
// says so, and says how many they were.
package malformed

import (
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// The choices of what a damaged record is.
const (
	Error = "error" // the end of the reading
	Skip  = "skip"  // left out and counted
)

// Records counts the records of one file that are left out.
type Records struct {
	path   string
	choice string
	left   int
	first  error
}

// Of makes the count of a file.
func Of(path, choice string) *Records { return &Records{path: path, choice: choice} }

// Check takes what is wrong with a record: nil where it is left out. Only ErrBadData
// is about a record; any other error comes back.
func (r *Records) Check(err error) error {
	if err == nil || !errors.Is(err, contract.ErrBadData) {
		return err
	}
	if r.choice != Skip {
		return contract.Errorf(contract.ErrBadData, "%v (malformed: skip leaves such records out)", err)
	}
	if r.left++; r.left == 1 {
		r.first = err
	}
	return nil
}

// Tell warns in the log of the records that were left out.
func (r *Records) Tell() {
	if r.left > 0 {
		log := sdk.Logger()
		log.Warn().Str("file", r.path).Int("records", r.left).AnErr("first", r.first).Msg("malformed records left out")
	}
}
