package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// counts are what happened.
type counts struct {
	kills, folders, starts, finished, healed int
	victims, points                          map[string]int
	extra                                    int // records of configurations that a killed plugin led a search to
}

func newCounts() counts { return counts{victims: map[string]int{}, points: map[string]int{}} }

// String is a line for each kind of count.
func (c counts) String() string {
	return fmt.Sprintf("%d kills in %d folders, %d starts\nby victim: %s\nat system calls: %s\n%d trials went on from a checkpoint; %d folders ended in the bytes of the undisturbed run; %d further configurations were tried beside a killed one\n",
		c.kills, c.folders, c.starts, listed(c.victims), listed(c.points), c.healed, c.finished, c.extra)
}

// listed are the counts by name, the largest first.
func listed(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	var all []string
	for _, name := range names {
		all = append(all, fmt.Sprintf("%s %d", name, counts[name]))
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, ", ")
}
