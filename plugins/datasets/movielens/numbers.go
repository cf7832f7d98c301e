package main

import (
	"slices"

	"cllm4rec/plugins/internal/formats/ids"
)

// maxPlaced is how many numbers have a place of their own; no release has larger ones.
const maxPlaced = 1 << 20

// numbers gives equal identifiers one string. Those of MovieLens are whole numbers,
// which are found by their place, in a fraction of the time of a map.
type numbers struct {
	placed []string
	others *ids.Reader // of further numbers, and of those with zeros in front
}

func newNumbers(path, entity string) *numbers { return &numbers{others: ids.New(path, entity)} }

// of is the identifier in a field; false for one that is no whole number.
func (n *numbers) of(field []byte) (string, bool) {
	at := 0
	for _, c := range field {
		if c < '0' || c > '9' {
			return "", false
		}
		if at = at*10 + int(c-'0'); at >= maxPlaced {
			return n.others.Of(field), digits(field)
		}
	}
	if len(field) == 0 || field[0] == '0' {
		return n.others.Of(field), digits(field)
	}
	if at >= len(n.placed) {
		n.placed = slices.Grow(n.placed, at+1-len(n.placed))[:at+1]
	}
	if n.placed[at] == "" {
		n.placed[at] = string(field)
	}
	return n.placed[at], true
}

// digits reports whether a field is a whole number.
func digits(field []byte) bool {
	return len(field) > 0 && !slices.ContainsFunc(field, func(c byte) bool { return c < '0' || c > '9' })
}
