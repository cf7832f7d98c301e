package hub

import (
	"io/fs"
	"strings"
	"unicode"

	"cllm4rec/core/contract"
)

// checkPath refuses names of files that could lead out of a folder, hide, or
// mean something to a terminal. ErrBadData.
func checkPath(from, path string) error {
	bad := !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, `\:`) || len(path) > 1024 ||
		strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) })
	for part := range strings.SplitSeq(path, "/") {
		bad = bad || len(part) > 255
	}
	if bad {
		return contract.Errorf(contract.ErrBadData, "%s names a file %q, which is no plain path inside a folder: nothing is downloaded", from, path)
	}
	return nil
}
