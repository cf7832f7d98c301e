package export

import (
	"bufio"
	"fmt"
	"os"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// layout writes the folder that the code of CLLM4Rec reads: meta.pkl, a matrix for each
// part, texts as lists of [prompt, text]; and users.txt and items.txt with the raw id of
// each index, in the order of the indices.
func layout(w *writer) error {
	if w.Validation == nil {
		return contract.Errorf(contract.ErrUnsupported, "the layout has a validation part, and this split has none")
	}
	if err := w.checkIDs("\n\r", "a line break"); err != nil {
		return err
	}
	w.Plugin, w.Params = "cllm4rec", map[string]any{"path": File(".")}
	if err := w.matrices(); err != nil {
		return err
	}
	kinds := append([]contract.TextKind{contract.TextReview}, itemKinds()...)
	for _, kind := range kinds {
		if err := w.prompts(kind); err != nil {
			return err
		}
	}
	w.lose("users and items are known by their indices; users.txt and items.txt have the raw id of each, one a line")
	if x := w.Training.Interactions; x.Value == nil {
		w.lose("the matrices have the value 1 where the data have none")
	}
	if w.Training.Interactions.Time != nil {
		w.lose("times have no place in this form; the columns of a row are in their order")
	}
	w.loseTexts(func(k contract.TextKind) bool { return slices.Contains(kinds, k) })
	if read := w.kindByKind(kinds); len(read) == len(w.Training.Texts) {
		w.loseOrder(read, "kind by kind")
	}
	w.loseAttributes()
	return nil
}

func (w *writer) matrices() error {
	counts := []int32{int32(w.Users.Len()), int32(w.Items.Len())}
	err := w.pickle("meta.pkl", func(p pickler) { p.counts([]string{"num_users", "num_items"}, counts) })
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name string
		x    *data.Interactions
	}{{"train", w.Training.Interactions}, {"val", w.Validation}, {"test", w.Test}} {
		if at := slices.Index(p.x.Value, 0); at >= 0 {
			return contract.Errorf(contract.ErrUnsupported, "interaction %d of the %s part has the value 0, which is no entry of a matrix", at+1, p.name)
		}
		if err := w.file(p.name+"_matrix.npz", func(f *os.File) error { return writeMatrix(f, p.x) }); err != nil {
			return err
		}
	}
	if err := w.file("users.txt", func(f *os.File) error { return writeLines(f, w.Users.IDs()) }); err != nil {
		return err
	}
	return w.file("items.txt", func(f *os.File) error { return writeLines(f, w.Items.IDs()) })
}

func writeLines(f *os.File, lines []string) error {
	out := bufio.NewWriter(f)
	for _, line := range lines {
		_, _ = out.WriteString(line) // Flush tells of errors
		_ = out.WriteByte('\n')
	}
	return out.Flush()
}

// prompts writes the texts of a kind, in their order; no file without any. A space
// stands before each, as the authors' tokenisation wants.
func (w *writer) prompts(kind contract.TextKind) error {
	var texts []data.Text
	for _, t := range w.Training.Texts {
		if t.Kind == kind {
			texts = append(texts, t)
		}
	}
	if texts == nil {
		return nil
	}
	name := "item_texts/" + string(kind) + ".pkl"
	prompt := func(t data.Text) string { return fmt.Sprintf("The %s of item_%d is:", kind, t.Item) }
	if kind == contract.TextReview {
		name = "user_item_texts/review.pkl"
		prompt = func(t data.Text) string {
			return fmt.Sprintf("user_%d writes the following review for item_%d :", t.User, t.Item)
		}
	}
	return w.pickle(name, func(p pickler) {
		p.list(len(texts), func(i int) {
			p.list(2, func(j int) { p.text([]string{prompt(texts[i]), " " + texts[i].Text}[j]) })
		})
	})
}

func (w *writer) pickle(name string, write func(pickler)) error {
	return w.file(name, func(f *os.File) error {
		p := pickler{bufio.NewWriterSize(f, 1<<20)}
		p.begin()
		write(p)
		p.end()
		return p.Flush()
	})
}
