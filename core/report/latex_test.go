package report

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func latexOf(t *testing.T, r *Report, o LaTeXOptions) string {
	t.Helper()
	var b strings.Builder
	if err := r.LaTeX(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLaTeXHasChosenColumnsLabelAndMarks(t *testing.T) {
	plan, from := sample()
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	some, err := Build(plan, from, Options{Metrics: []string{"recall@20"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := some.Arrange(Arrangement{Costs: []string{ColumnTrain}}); err != nil {
		t.Fatal(err)
	}
	got := latexOf(t, some, LaTeXOptions{Label: "tab:main", Caption: "50% of it", Bare: true, Legend: LegendMarks})
	for _, want := range []string{
		"\\caption{50\\% of it (Music \\& more)}\n\\label{tab:main-1}\n\\begin{tabular}{lrr}\n\\toprule\nmethod & recall@20 & train s \\\\\n\\midrule\nA \\& co & 0.0996 & 12 \\\\\n",
		"B\\_2 & 0.2988$^{\\uparrow}$ & 25 \\\\\n", "Multi-VAE \\dag{} & 0.1295 & -- \\\\\n\\bottomrule", "\\label{tab:main-2}",
		"Bold: better than every other measured method", "$\\uparrow$ and $\\downarrow$: significantly better and worse than A \\& co", "arXiv 2402.09617",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"ndcg", "$\\pm$", "Ledger"} {
		if strings.Contains(got, not) {
			t.Errorf("got %q in\n%s", not, got)
		}
	}
	if got := latexOf(t, r, LaTeXOptions{Legend: LegendMarks}); !strings.Contains(got, "$\\pm$ is half the 95\\% t-interval") || !strings.Contains(got, "0.0996 $\\pm$ 0.0090 &") {
		t.Errorf("got\n%s", got)
	}
	if got := latexOf(t, r, LaTeXOptions{Legend: LegendNone}); strings.Contains(got, "footnotesize") || strings.Contains(got, "label") {
		t.Errorf("got\n%s", got)
	}
}

func TestLaTeXRefusesWhatItDoesNotKnow(t *testing.T) {
	plan, from := sample()
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    LaTeXOptions
		want string
	}{
		{LaTeXOptions{Label: "a}b"}, `label "a}b": expected letters`},
		{LaTeXOptions{Legend: "mark"}, `did you mean "marks"?`},
	} {
		if err := r.LaTeX(&strings.Builder{}, c.o); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v", c.o, err)
		}
	}
}

// Whatever stands in names, TeX sets it: a table of ordinary names and one of signs that mean
// something to TeX.
func TestLaTeXIsCompiled(t *testing.T) {
	program, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("NOT PROVED HERE: that TeX sets our tables. There is no pdflatex (Debian: apt-get install texlive-latex-recommended)")
	}
	plan, from := sample()
	plain, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	awkward, err := named(hostile + " ``,,--- ?` !` <<>> ''")
	if err != nil {
		t.Fatal(err)
	}
	text := "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs}\n\\begin{document}\n" +
		latexOf(t, plain, LaTeXOptions{Label: "tab:main", Legend: LegendMarks}) + latexOf(t, awkward, LaTeXOptions{Label: "tab:a_b", Legend: LegendAll, Caption: hostile}) +
		"Tables~\\ref{tab:main-1} and~\\ref{tab:a_b}.\n\\end{document}\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "table.tex"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out []byte
	for range 2 { // labels are known at the second time
		run := exec.CommandContext(t.Context(), program, "-halt-on-error", "-interaction=nonstopmode", "table.tex")
		run.Dir = dir
		if out, err = run.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if log := string(out); strings.Contains(log, "undefined") || strings.Contains(log, "Missing character") || !strings.Contains(log, "Output written on table.pdf") {
		t.Errorf("got\n%s", log)
	}
}
