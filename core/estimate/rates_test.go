package estimate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// row is what a table of docs/results.md says of a method that an experiment file names.
type row struct {
	plugin            string
	params            map[string]any
	train, rank, peak float64
}

// rowsOf joins the table of a section with its experiment file: the rows that finished.
func rowsOf(t *testing.T, section, file string) (rows []row) {
	t.Helper()
	var plan struct {
		Methods []struct {
			Name        string
			Recommender struct {
				Plugin string
				Params map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(read(t, "experiments", file), &plan); err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(read(t, "docs", "results.md")), "\n## "+section+"\n")
	if text, _, _ = strings.Cut(text, "\n## "); !found {
		t.Fatalf("docs/results.md has no section %q", section)
	}
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, " | ")
		if n := len(cells); n > 5 {
			var figures []float64 // train s, rank s, peak MiB, before the last column
			for _, cell := range cells[n-4 : n-1] {
				if f, err := strconv.ParseFloat(cell, 64); err == nil {
					figures = append(figures, f)
				}
			}
			for _, m := range plan.Methods {
				if m.Recommender.Plugin != "" && "| "+m.Name == cells[0] && len(figures) == 3 {
					rows = append(rows, row{m.Recommender.Plugin, m.Recommender.Params, figures[0], figures[1], figures[2]})
				}
			}
		}
	}
	if len(rows) == 0 {
		t.Fatalf("no row of %q in docs/results.md is one of experiments/%s", section, file)
	}
	return rows
}

// says reports whether a row is the documented one.
func (r row) says(plugin string, d documented) bool {
	for name, want := range d.at.Params {
		if n, is := r.params[name].(int); !is || float64(n) != want {
			return false
		}
	}
	return r.plugin == plugin && r.train == d.train && r.rank == d.rank && r.peak == d.peak
}

func TestTheFiguresOfRecommendersAreThoseOfTheResults(t *testing.T) {
	for where, rows := range map[string][]row{
		resultsPaper: rowsOf(t, "The paper's Beauty split", "beauty-all.yaml"),
		resultsLast:  rowsOf(t, "Leave-one-out on S3-Rec's Beauty", "beauty-leave-one-out.yaml"),
	} {
		for plugin, r := range recommenders {
			for _, d := range r.seen {
				if d.where == where && !slices.ContainsFunc(rows, func(r row) bool { return r.says(plugin, d) }) {
					t.Errorf("%s: %s has no row with %v s, %v s and %v MiB at %v", plugin, where, d.train, d.rank, d.peak, d.at.Params)
				}
			}
		}
		for _, row := range rows {
			if !slices.ContainsFunc(recommenders[row.plugin].seen, func(d documented) bool { return d.where == where }) {
				t.Errorf("%s has a row in %s, and no figure here", row.plugin, where)
			}
		}
	}
}

// The rates of backbones are between those of both towers, of documents as long as reviews.
func TestTheFiguresOfBackbonesAreThoseOfThePerformance(t *testing.T) {
	_, text, _ := strings.Cut(string(read(t, "docs", "performance.md")), "\n## float32\n")
	for i, shape := range []string{"small", "tiny"} {
		var rates []float64
		for _, tower := range []string{"collaborative", "content"} {
			found := regexp.MustCompile(`(?m)^\| gpt2 \| ` + shape + ` \| real \| ` + tower + ` \| [\d.]+ \| (\d+) \|`).FindStringSubmatch(text)
			if found == nil {
				t.Fatalf("docs/performance.md has no rate of GPT-2 %s, %s", shape, tower)
			}
			rate, _ := strconv.ParseFloat(found[1], 64)
			rates = append(rates, rate)
		}
		if got := backbones.seen[i].at.Tokens / backbones.seen[i].train; got < slices.Min(rates) || got > slices.Max(rates) {
			t.Errorf("%s: %v tokens a second, documented %v", shape, got, rates)
		}
	}
	if !strings.Contains(string(read(t, "docs", "plus-r.md")), "trained at 11,000 tokens/s") || backbones.seen[2].at.Tokens != 11000 {
		t.Error("docs/plus-r.md and the rate of stories260K differ")
	}
}
