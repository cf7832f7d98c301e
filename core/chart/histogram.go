// Package chart shows what a split data set looks like: how popular its items and
// how active its users are, and when things happened, as histograms in a terminal or as
// SVG.
package chart

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"

	"cllm4rec/core/data"
)

// Histogram counts things in bins.
type Histogram struct {
	Title string `json:"title"`
	What  string `json:"what"` // what is counted: items, users, interactions
	Of    string `json:"of"`   // what the bins are of
	Bins  []Bin  `json:"bins"`
	// Notes say in words what the bins do not show.
	Notes []string `json:"notes,omitempty"`
}

// Bin is one bar.
type Bin struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

// Histograms are those of all interactions of a split, whatever their part: the long
// tail of the items, the activity of the users and, where there are times, the timeline.
func Histograms(s *data.Split) []Histogram {
	items, users := make([]int, s.Items.Len()), make([]int, s.Users.Len())
	for _, x := range parts(s) {
		for u := range x.Users {
			users[u] += len(x.Row(u))
		}
		for _, item := range x.Item {
			items[item]++
		}
	}
	all := []Histogram{
		{Title: "Popularity of the items", What: "items", Of: "interactions", Bins: doubling(items), Notes: []string{tail(items)}},
		{Title: "Activity of the users", What: "users", Of: "interactions", Bins: doubling(users), Notes: []string{middle(users)}},
	}
	if t, ok := timeline(s); ok {
		all = append(all, t)
	}
	return all
}

// parts are all matrices of a split.
func parts(s *data.Split) []*data.Interactions {
	return slices.DeleteFunc([]*data.Interactions{s.Training.Interactions, s.Validation, s.Test, s.FoldIn}, func(x *data.Interactions) bool { return x == nil })
}

// doubling bins counts, which are positive, into 1, 2, 3-4, 5-8, 9-16 and so on.
func doubling(counts []int) []Bin {
	var bins []Bin
	for _, n := range counts {
		at := bits.Len(uint(n - 1))
		for len(bins) <= at {
			bins = append(bins, Bin{Label: doubled(len(bins))})
		}
		bins[at].Count++
	}
	for len(bins) > 1 && bins[0].Count == 0 {
		bins = bins[1:]
	}
	return bins
}

// doubled is the label of a bin.
func doubled(at int) string {
	if at < 2 {
		return strconv.Itoa(at + 1)
	}
	return fmt.Sprintf("%d-%d", 1<<(at-1)+1, 1<<at)
}

// tail says how much of all the most popular items have.
func tail(counts []int) string {
	sorted := slices.Sorted(slices.Values(counts))
	slices.Reverse(sorted)
	all := 0
	for _, n := range sorted {
		all += n
	}
	share := func(percent int) float64 {
		sum := 0
		for _, n := range sorted[:max(1, len(sorted)*percent/100)] {
			sum += n
		}
		return 100 * float64(sum) / float64(all)
	}
	return fmt.Sprintf("The most popular 1%% of the items have %.1f%% of the interactions, 10%% have %.1f%%, 20%% have %.1f%%; the most popular has %d.",
		share(1), share(10), share(20), sorted[0])
}

// middle says how active users are.
func middle(counts []int) string {
	sorted, all := slices.Sorted(slices.Values(counts)), 0
	for _, n := range sorted {
		all += n
	}
	return fmt.Sprintf("A user has %d to %d interactions, half of them at most %d; the mean is %.1f.",
		sorted[0], sorted[len(sorted)-1], sorted[(len(sorted)-1)/2], float64(all)/float64(len(sorted)))
}
