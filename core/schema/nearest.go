package schema

import (
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
