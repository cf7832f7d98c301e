package export

import (
	"bufio"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// sequences writes train.txt, validation.txt and test.txt: a line of each user who
// has something in the part.
func sequences(w *writer) error {
	if err := w.checkIDs(" \t\n\v\f\r\u0085\u00a0\u2028\u2029", "white space"); err != nil {
		return err
	}
	w.Plugin, w.Params = "sequences", map[string]any{}
	for _, p := range w.parts() {
		name := string(p.name) + ".txt"
		w.Params[string(p.name)] = File(name)
		if err := w.file(name, func(f *os.File) error { return w.lines(f, p.x) }); err != nil {
			return err
		}
	}
	if w.Training.Interactions.Value != nil {
		w.lose("values have no place in this form")
	}
	if w.Training.Interactions.Time != nil {
		w.lose("times have no place in this form; the items of a line are in their order")
	}
	w.loseTexts(func(contract.TextKind) bool { return false })
	w.loseAttributes()
	return nil
}

func (w *writer) lines(f *os.File, x *data.Interactions) error {
	out := bufio.NewWriterSize(f, 1<<20)
	for u := range x.Users {
		row := x.Row(u)
		if len(row) == 0 {
			continue
		}
		_, _ = out.WriteString(w.Users.ID(int32(u))) // Flush tells of errors
		for _, item := range row {
			_ = out.WriteByte(' ')
			_, _ = out.WriteString(w.Items.ID(item))
		}
		_ = out.WriteByte('\n')
	}
	return out.Flush()
}
