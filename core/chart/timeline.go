package chart

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"cllm4rec/core/data"
)

// mostBins of a timeline.
const mostBins = 40

// positions are the times below this: data that only order what a user did number it
// so, and no recording is of the first months of 1970.
const positions = 10_000_000

// period is the length of a bin of time: begin is the start of the one that holds a
// time, next that of the one behind it.
type period struct {
	name, layout string
	begin        func(time.Time) time.Time
	next         func(time.Time) time.Time
}

func (p period) label(t time.Time) string { return t.Format(p.layout) }

// periods are from short to long; all are in UTC.
func periods() []period {
	date := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	years := func(n int) period {
		return period{fmt.Sprintf("%d years", n), "2006",
			func(t time.Time) time.Time { return date(t.Year()-((t.Year()%n)+n)%n, 1, 1, 0) },
			func(t time.Time) time.Time { return t.AddDate(n, 0, 0) }}
	}
	months := func(name string, n int) period {
		return period{name, "2006-01",
			func(t time.Time) time.Time { return date(t.Year(), (t.Month()-1)/time.Month(n)*time.Month(n)+1, 1, 0) },
			func(t time.Time) time.Time { return t.AddDate(0, n, 0) }}
	}
	year := years(1)
	year.name = "years"
	return []period{
		{"minutes", "2006-01-02 15:04", func(t time.Time) time.Time { return t.Truncate(time.Minute) }, func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"hours", "2006-01-02 15h", func(t time.Time) time.Time { return t.Truncate(time.Hour) }, func(t time.Time) time.Time { return t.Add(time.Hour) }},
		{"days", "2006-01-02",
			func(t time.Time) time.Time { return date(t.Year(), t.Month(), t.Day(), 0) },
			func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		months("months", 1), months("quarters", 3), year, years(10), years(100), years(1000),
	}
}

// timeline counts interactions by time; false where there are none.
func timeline(s *data.Split) (Histogram, bool) {
	first, last, any := int64(0), int64(0), false
	for _, x := range parts(s) {
		if len(x.Time) == 0 {
			continue
		}
		from, to := slices.Min(x.Time), slices.Max(x.Time)
		if !any {
			first, last, any = from, to, true
		}
		first, last = min(first, from), max(last, to)
	}
	if !any {
		return Histogram{}, false
	}
	if first >= 0 && last < positions {
		return numbered(s, last), true
	}
	return dated(s, first, last), true
}

// numbered are times that are positions and no dates.
func numbered(s *data.Split, last int64) Histogram {
	width := last/mostBins + 1
	h := Histogram{Title: "Timeline", What: "interactions", Of: "positions", Bins: make([]Bin, last/width+1)}
	for i := range h.Bins {
		from := int64(i) * width
		h.Bins[i].Label = strconv.FormatInt(from, 10)
		if width > 1 {
			h.Bins[i].Label = fmt.Sprintf("%d-%d", from, from+width-1)
		}
	}
	for _, x := range parts(s) {
		for _, t := range x.Time {
			h.Bins[t/width].Count++
		}
	}
	h.Notes = []string{fmt.Sprintf("The times run from 0 or later to %d: taken for positions in a history, which say nothing between users.", last)}
	return h
}

func dated(s *data.Split, first, last int64) Histogram {
	from, to := time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
	var starts []int64
	var chosen period
	var labels []string
	for _, p := range periods() {
		starts, labels, chosen = nil, nil, p
		for at := p.begin(from); !at.After(to) && len(starts) <= mostBins; at = p.next(at) {
			starts, labels = append(starts, at.Unix()), append(labels, p.label(at))
		}
		if len(starts) <= mostBins {
			break
		}
	}
	h := Histogram{Title: "Timeline", What: "interactions", Of: chosen.name, Bins: make([]Bin, len(starts))}
	for i, label := range labels {
		h.Bins[i].Label = label
	}
	for _, x := range parts(s) {
		for _, t := range x.Time {
			at, found := slices.BinarySearch(starts, t)
			if !found {
				at--
			}
			h.Bins[max(at, 0)].Count++ // below it are years that a calendar cannot tell
		}
	}
	h.Notes = []string{fmt.Sprintf("From %s to %s (UTC).", from.Format(time.RFC3339), to.Format(time.RFC3339))}
	return h
}
