package tokenizer

import "slices"

// pattern finds the next match at or after a place; begin is -1 if there is none.
type pattern func(text string, from int) (begin, end int)

// stretch is a match of a pattern, or what stands between two.
type stretch struct {
	begin, end int
	match      bool
}

// behavior says what becomes of matches ("SplitDelimiterBehavior" of tokenizers).
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

// split cuts at the matches of a pattern, or with invert at what is between them.
type split struct {
	pattern  pattern
	behavior behavior
	invert   bool
}

func (s split) cut(r *run, next int, text string, first bool) {
	for _, part := range s.join(s.stretches(text)) {
		if part.match && s.behavior == removed {
			continue
		}
		r.cut(next, text[part.begin:part.end], first && part.begin == 0)
	}
}

func (s split) stretches(text string) []stretch {
	var all []stretch
	done := 0
	for done < len(text) {
		begin, end := s.pattern(text, done)
		if begin < 0 {
			break
		}
		if done < begin {
			all = append(all, stretch{done, begin, s.invert})
		}
		all = append(all, stretch{begin, end, !s.invert})
		done = end
	}
	if done < len(text) {
		all = append(all, stretch{done, len(text), s.invert})
	}
	return all
}

// join puts stretches together as the behavior has it.
func (s split) join(all []stretch) []stretch {
	switch s.behavior {
	case contiguous:
		return joinIf(all, func(before, this bool) bool { return before == this })
	case mergedWithPrevious:
		return joinIf(all, func(before, this bool) bool { return this && !before })
	case mergedWithNext:
		var out []stretch
		before := false
		for i := len(all) - 1; i >= 0; i-- {
			if this := all[i]; this.match && !before && len(out) > 0 {
				out[len(out)-1].begin = this.begin
			} else {
				out = append(out, this)
			}
			before = all[i].match
		}
		slices.Reverse(out)
		return out
	}
	return all
}

// joinIf joins a stretch to the one before it where the rule says so; a text starts
// as if a stretch without a match were before it.
func joinIf(all []stretch, rule func(before, this bool) bool) []stretch {
	var out []stretch
	before := false
	for _, this := range all {
		if rule(before, this.match) && len(out) > 0 {
			out[len(out)-1].end = this.end
		} else {
			out = append(out, this)
		}
		before = this.match
	}
	return out
}
