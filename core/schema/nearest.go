package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the known name that is most like name, or "" when none is near: at
// most a third of the letters (two in a short name) differ, where case, "-" and
// "_" count for nothing. The first of equally near names wins.
func Nearest(name string, known []string) string {
	plain := plainName(name)
	best, distance := "", max(2, len(plain)/3)+1
	for _, k := range known {
		p := plainName(k)
		if d := levenshtein.ComputeDistance(plain, p); d < distance && d < len(p) {
			best, distance = k, d
		}
	}
	return best
}

func plainName(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// mostKnown is how many known names a hint lists.
const mostKnown = 10

// Hint ends a message about an unknown name: it asks whether the nearest one was
// meant, else lists what is known, at most the ten nearest; "" when nothing is.
func Hint(name string, known []string) string {
	switch near := Nearest(name, known); {
	case near != "":
		return fmt.Sprintf("; did you mean %q?", near)
	case len(known) == 0:
		return ""
	case len(known) > mostKnown:
		return fmt.Sprintf("; of %d that are known the nearest are %s", len(known), strings.Join(nearest(name, known)[:mostKnown], ", "))
	default:
		return "; known are " + strings.Join(known, ", ")
	}
}

// nearest is the known names, those most like name first.
func nearest(name string, known []string) []string {
	plain := plainName(name)
	distance := make(map[string]int, len(known))
	for _, k := range known {
		distance[k] = levenshtein.ComputeDistance(plain, plainName(k))
	}
	out := slices.Clone(known)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(distance[a], distance[b]) })
	return out
}
