package fetch

import (
	"io/fs"
	"strings"
	"unicode"
)

// PlainPath reports whether a name from elsewhere is a plain path inside a folder: not
// one that could lead out of it, hide, or mean something to a terminal.
func PlainPath(path string) bool {
	if !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, `\:`) || len(path) > 1024 ||
		strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if len(part) > 255 {
			return false
		}
	}
	return true
}
