package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cllm4rec/core/chart"
	"cllm4rec/core/data"
)

// split has one user for each row of items, with these times.
func split(items int, rows [][]int32, times []int64) *data.Split {
	x := &data.Interactions{Users: len(rows), Items: items, Ptr: []int{0}, Time: times}
	var users []string
	for _, row := range rows {
		x.Item = append(x.Item, row...)
		x.Ptr = append(x.Ptr, len(x.Item))
		users = append(users, string(rune('a'+len(users))))
	}
	names := make([]string, items)
	for i := range names {
		names[i] = string(rune('A' + i))
	}
	none := &data.Interactions{Users: len(rows), Items: items, Ptr: make([]int, len(rows)+1)}
	return &data.Split{Users: data.NewVocabulary(users), Items: data.NewVocabulary(names), Training: data.Training{Interactions: x}, Test: none}
}

// By hand: item 0 has 5 interactions, 1 and 2 have 1, 3 has 2.
func TestCountsFallIntoDoublingBins(t *testing.T) {
	all := chart.Histograms(split(4, [][]int32{{0, 1, 2}, {0, 3}, {0, 3}, {0}, {0}}, nil))
	want := []chart.Bin{{Label: "1", Count: 2}, {Label: "2", Count: 1}, {Label: "3-4"}, {Label: "5-8", Count: 1}}
	if len(all) != 2 || !reflect.DeepEqual(all[0].Bins, want) {
		t.Fatalf("got %+v", all)
	}
	if want := []chart.Bin{{Label: "1", Count: 2}, {Label: "2", Count: 2}, {Label: "3-4", Count: 1}}; !reflect.DeepEqual(all[1].Bins, want) {
		t.Errorf("got %+v", all[1].Bins)
	}
	if note := all[0].Notes[0]; !strings.Contains(note, "20% have 55.6%") || !strings.HasSuffix(note, "the most popular has 5.") {
		t.Errorf("got %q", note)
	}
	if note := all[1].Notes[0]; note != "A user has 1 to 3 interactions, half of them at most 2; the mean is 1.8." {
		t.Errorf("got %q", note)
	}
}

func TestTimelinesTakeThePeriodThatFits(t *testing.T) {
	at := func(s string) int64 {
		when, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return when.Unix()
	}
	for _, c := range []struct {
		times       []int64
		of          string
		bins        int
		first, last string
	}{
		{[]int64{at("2020-05-01 10:59"), at("2020-05-01 11:00"), at("2020-05-01 11:10")}, "minutes", 12, "2020-05-01 10:59", "2020-05-01 11:10"},
		{[]int64{at("2020-02-28 10:00"), at("2020-02-29 23:59"), at("2020-03-01 00:00")}, "hours", 39, "2020-02-28 10h", "2020-03-01 00h"},
		{[]int64{at("2020-02-28 10:00"), at("2020-03-01 00:00"), at("2020-03-20 00:00")}, "days", 22, "2020-02-28", "2020-03-20"},
		{[]int64{at("2019-12-31 10:00"), at("2020-01-01 00:00"), at("2021-03-20 00:00")}, "months", 16, "2019-12", "2021-03"},
		{[]int64{at("2012-12-31 10:00"), at("2020-01-01 00:00"), at("2021-03-20 00:00")}, "quarters", 34, "2012-10", "2021-01"},
		{[]int64{at("1996-12-31 10:00"), at("2020-01-01 00:00"), at("2023-03-20 00:00")}, "years", 28, "1996", "2023"},
		{[]int64{at("1931-12-31 10:00"), at("2020-01-01 00:00"), at("2023-03-20 00:00")}, "10 years", 10, "1930", "2020"},
		{[]int64{0, 7, 99}, "positions", 34, "0-2", "99-101"},
		{[]int64{0, 1, 2}, "positions", 3, "0", "2"},
		{[]int64{-1 << 62, 5, 1 << 62}, "1000 years", 41, "", ""},
	} {
		all := chart.Histograms(split(3, [][]int32{{0, 1, 2}}, c.times))
		h, count := all[2], 0
		for _, b := range h.Bins {
			count += b.Count
		}
		if h.Of != c.of || len(h.Bins) > c.bins || count != 3 || c.first != "" && (len(h.Bins) != c.bins || h.Bins[0].Label != c.first || h.Bins[c.bins-1].Label != c.last) {
			t.Errorf("%v: %d %s with %d interactions, from %q", c.times, len(h.Bins), h.Of, count, h.Bins[0].Label)
		}
	}
}

func TestDrawingsFitTheTerminal(t *testing.T) {
	h := chart.Histogram{Title: "T", What: "w", Of: "o", Notes: []string{strings.Repeat("several words ", 30)}, Bins: []chart.Bin{
		{Label: "2020-01-02 15:04", Count: 20_000_000}, {Label: "b", Count: 1}, {Label: "c"}, {Label: "ü", Count: 10_000_000},
	}}
	for _, columns := range []int{0, 60, 80, 133, 200, 1000} {
		widest := 0
		for line := range strings.Lines(h.Draw(columns)) {
			widest = max(widest, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
		}
		if most := min(max(columns, 40), 200); widest > most || widest < most-12 {
			t.Errorf("%d columns: the widest line has %d", columns, widest)
		}
	}
	lines := strings.Split(h.Draw(80), "\n")
	if !strings.HasSuffix(lines[2], " ▏") || strings.ContainsAny(lines[3], "▏█") || strings.Count(lines[4], "█")*2 < strings.Count(lines[1], "█")-1 {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
}

func TestSVGIsWellFormedAndHoldsEveryBin(t *testing.T) {
	h := chart.Histogram{Title: `a < b & "c"`, What: "items", Of: "o", Bins: []chart.Bin{{Label: "<1>", Count: 3}, {Label: "2", Count: 7}}}
	decoder, bars := xml.NewDecoder(bytes.NewReader(h.SVG())), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "title" {
			bars++
		}
	}
	if bars != 2 || !strings.Contains(string(h.SVG()), "&lt;1&gt;: 3 items") {
		t.Errorf("%d bars in\n%s", bars, h.SVG())
	}
	if empty := (chart.Histogram{}).SVG(); !bytes.HasSuffix(empty, []byte("</svg>\n")) {
		t.Errorf("got %s", empty)
	}
}
