package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/textgrid"

	"github.com/clipperhouse/displaywidth"
)

// wide is a report with a long name, a bold mean and arrows.
func wide(t *testing.T) *Report {
	t.Helper()
	plan, from := sample()
	plan.Methods[1].Name = "B_2 with a name that says all of its settings"
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Tables = r.Tables[:1]
	r.Tables[0].Rows[1].Cells[0].Best = true
	return r
}

// The texts are in testdata; go test -update writes them anew.
func TestTablesAtTheWidthsOfTerminals(t *testing.T) {
	var b strings.Builder
	r := wide(t)
	for _, width := range []int{40, 60, 80, 120, 160} {
		fmt.Fprintf(&b, "%s\n", strings.Repeat("=", width))
		if err := r.Write(&b, Terminal, Screen{Width: width}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join("testdata", "widths.golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s", b.String())
	}
}

func TestNoTableIsBrokenByATerminal(t *testing.T) {
	r := wide(t)
	plan, from := sample()
	c, err := Compare(plan, from, CompareOptions{Dataset: "Music & more", Methods: []string{"A & co", "B_2", "C|c", "D"}})
	if err != nil {
		t.Fatal(err)
	}
	for width := 50; width <= 170; width += 6 {
		for _, color := range []bool{false, true} {
			var b strings.Builder
			if err := errors.Join(r.Write(&b, Terminal, Screen{Width: width, Color: color, AllNotes: true}), c.Write(&b, Terminal, Screen{Width: width, Color: color})); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(strings.NewReplacer(textgrid.BoldOn, "", textgrid.BoldOff, "").Replace(b.String()), "\n") {
				if got := displaywidth.String(line); got > width {
					t.Fatalf("width %d: %d columns in %q", width, got, line)
				}
			}
			for _, want := range []string{"0.2988", "0.1295", "plugin died"} {
				if !strings.Contains(b.String(), want) {
					t.Errorf("width %d: no %q", width, want)
				}
			}
		}
	}
}

func TestWhatIsLeftOutIsSaidAndWarningsStay(t *testing.T) {
	var b strings.Builder
	if err := wide(t).Write(&b, Terminal, Screen{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Left out at 100 columns: peak MiB", "D, seed 2, failed: plugin died", "2 trials have not run yet", "Warning: the split leaks", "† Multi-VAE", "more with --notes all"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "Ledger") {
		t.Errorf("notes are long:\n%s", b.String())
	}
}

func TestRowsAreSortedAndColumnsChosen(t *testing.T) {
	names := func(r *Report) (all string) {
		for _, row := range r.Tables[0].Rows {
			all += row.Method[:1]
		}
		return all
	}
	for sort, want := range map[string]string{"": "ABCDEM", "ndcg@100": "BCDAEM", "recall@20:asc": "AMDCBE", "train": "ABCDEM", "train:desc": "DCBAEM", "method:desc": "MEDCBA"} {
		r := wide(t)
		if err := r.Arrange(Arrangement{Sort: sort}); err != nil || names(r) != want {
			t.Errorf("%q: got %s, %v; want %s", sort, names(r), err, want)
		}
	}
	r := wide(t)
	if err := r.Arrange(Arrangement{Costs: []string{ColumnTrials, ColumnTrain}}); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b, Markdown, Screen{}); err != nil || !strings.Contains(b.String(), "| method | recall@20 | ndcg@100 | trials | train s |") || !strings.Contains(b.String(), "| 1 of 2 | 49 |") {
		t.Errorf("%v\n%s", err, b.String())
	}
	for sort, want := range map[string]string{"recal@20": `did you mean "recall@20"`, "train:up": "expected asc or desc"} {
		if err := wide(t).Arrange(Arrangement{Sort: sort}); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", sort, err)
		}
	}
}
