package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// row is one case as measured; peer is nil without PyTorch.
type row struct {
	kase
	ours metrics
	peer *peerRun
}

// table writes rows of Markdown as they come, to a file and to the terminal.
type table struct {
	to  io.Writer
	err error
}

var columns = []string{"backbone", "shape", "lengths", "step", "ms/step", "tokens/s", "GFLOP/s", "matmul", "of it", "peak MiB",
	"PyTorch ms/step", "its matmul", "its peak", "times PyTorch"}

func (t *table) head() {
	t.line(columns)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---"
	}
	t.line(rule)
}

func (t *table) row(r row) {
	m := r.ours
	cells := []string{r.backbone, r.shape, r.lengths, r.step, milliseconds(m["ms/step"]), whole(m["tokens/s"]), whole(m["GFLOP/s"]),
		whole(m["matmul-GFLOP/s"]), fmt.Sprintf("%.2f", m["of-matmul"]), whole(m["peak-MiB"])}
	if r.peer == nil {
		t.line(append(cells, "", "", "", ""))
		return
	}
	step := r.peer.Steps[0]
	theirs := 1e3 * step.Pass / step.Batches
	t.line(append(cells, milliseconds(theirs), whole(r.peer.Matmul), whole(r.peer.Peak), fmt.Sprintf("%.2f", theirs/m["ms/step"])))
}

func (t *table) epoch(e epochs) {
	ours := e.ours["s/epoch"]
	t.print(fmt.Sprintf("\nEpoch of %d reviews, gpt2 tiny, content: %.2f s (of them %.2f s before the first step, %.0f tokens/s); PyTorch %.2f s (%.2f s data, %.0f tokens/s): %.2f times.\n",
		e.peer.Documents, ours, e.ours["s-data/epoch"], e.ours["tokens/s"], e.peer.Seconds, e.peer.Data, e.peer.Tokens/e.peer.Seconds, e.peer.Seconds/ours))
}

func (t *table) line(cells []string) { t.print("| " + strings.Join(cells, " | ") + " |\n") }

func (t *table) print(text string) {
	if t.err == nil {
		_, t.err = io.WriteString(io.MultiWriter(t.to, os.Stdout), text)
	}
}

func whole(x float64) string { return fmt.Sprintf("%.0f", x) }

func milliseconds(x float64) string {
	if x < 100 {
		return fmt.Sprintf("%.1f", x)
	}
	return whole(x)
}
