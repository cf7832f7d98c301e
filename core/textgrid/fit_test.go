package textgrid

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// plugins is a table of words, one of them long.
func plugins() Grid {
	return Grid{Left: 1, Words: true, Header: []string{"name", "version", "what it is"}, Rows: [][]string{
		{"ease", "1.0.0", "a linear model between items with a closed form (Steck 2019), " + BoldOn + "which" + BoldOff + " needs memory of items squared"},
		{"a-plugin-with-a-long-name-of-one-word", "12.0.0", "推薦 of 商品"},
	}}
}

func numbers() Grid {
	g := Grid{Left: 1, Header: []string{"method", "a@20", "b@20", "c@20", "train s", "trials"}, Leave: []string{"train s", "trials"}}
	for _, name := range []string{"EASE", "A method whose name says all of its settings"} {
		g.Rows = append(g.Rows, []string{name, "0.1234 ± 0.0012 ↑", BoldOn + "0.1234" + BoldOff + " ± 0.0012  ", "-", "1,234", "2"})
	}
	return g
}

func TestNoGridIsWiderThanTheTerminalAndNoNumberIsLost(t *testing.T) {
	for width := 34; width <= 160; width++ {
		for _, g := range []Grid{plugins(), numbers()} {
			var b strings.Builder
			if _, err := g.Write(&b, width); err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer(BoldOn, "", BoldOff, "").Replace(b.String())
			for line := range strings.SplitSeq(text, "\n") {
				if got := displaywidth.String(line); got > width {
					t.Fatalf("width %d: %d columns in\n%s", width, got, text)
				}
			}
			want := []string{"1.0.0", "Steck", "squared", "商品"}
			if !g.Words {
				want = []string{"a@20", "b@20", "c@20", "0.1234 ± 0.0012 ↑", "EASE"}
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("width %d: no %s in\n%s", width, w, text)
				}
			}
		}
	}
}

func TestARuleSaysWhatANarrowTerminalShows(t *testing.T) {
	for _, c := range []struct {
		width, pieces int
		left, header  string
		name          string
	}{
		{0, 1, "", "method a@20 b@20 c@20 train s trials", "A method whose name says all of its settings"},
		{200, 1, "", "method a@20 b@20 c@20 train s trials", "A method whose name says all of its settings"},
		{112, 1, "train s", "method a@20 b@20 c@20 trials", "A method whose name says all of its settings"},
		{100, 1, "train s trials", "method a@20 b@20 c@20", "A method whose name says all of its settings"},
		{80, 1, "train s trials", "method a@20 b@20 c@20", "A method whose name says al.."},
		{60, 2, "train s trials", "method a@20", "A method whose name says all of it.."},
	} {
		pieces, left := numbers().Fitted(c.width)
		if len(pieces) != c.pieces || strings.Join(left, " ") != c.left || strings.Join(pieces[0].Header, " ") != c.header || pieces[0].Rows[1][0] != c.name {
			t.Errorf("%d columns: %d pieces, left out %q, header %q, name %q", c.width, len(pieces), left, pieces[0].Header, pieces[0].Rows[1][0])
		}
	}
}

func TestTextsAreWrappedBetweenWords(t *testing.T) {
	got := strings.Join(Wrapped("a note of several words and averyveryverylongone at the end", 16, "  "), "|")
	if want := "  a note of|    several|    words and|    averyveryver|    ylongone at|    the end"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Wrapped("as it is", 0, "  "); len(got) != 1 || got[0] != "  as it is" {
		t.Errorf("got %q", got)
	}
}
