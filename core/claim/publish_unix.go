//go:build unix && !linux

package claim

import "errors"

// publishWhole is for Linux alone.
func publishWhole(string, []byte) error { return errors.ErrUnsupported }
