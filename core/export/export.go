// Package export writes a split in forms that other programs read, and that the
// dataset plugins read back: with the parameters that Write returns and `split:
// {method: given}` the same split comes back, as far as the form can hold it.
package export

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Form is how an export is written.
type Form string

// The forms.
const (
	// RecBole: the atomic files of RecBole (Zhao et al., CIKM 2021), with a .inter file
	// for each part (its benchmark files).
	RecBole Form = "recbole"
	// CLLM4Rec: the layout of the code released with CLLM4Rec: SciPy matrices and pickles.
	CLLM4Rec Form = "cllm4rec"
	// Parquet: tables of interactions, items and users.
	Parquet Form = "parquet"
	// Sequences: a line of a user and the user's items, a file for each part.
	Sequences Form = "sequences"
)

// Forms lists every form.
func Forms() []Form { return []Form{RecBole, CLLM4Rec, Parquet, Sequences} }

// Written is what an export wrote and how it is read back.
type Written struct {
	Files []string // names in the folder
	// Plugin reads the files with Params, in which a File is a name in the folder; a
	// split of the method given and this seed divides them as they were.
	Plugin string
	Params map[string]any
	Seed   uint64
	// Lost says what the form cannot hold, a sentence each.
	Lost []string
}

// File is the name of a file in the folder of an export; "." is the folder.
type File string

// ParamsIn is Params with the paths of the files in a folder.
func (w *Written) ParamsIn(dir string) map[string]any { return inFolder(w.Params, dir) }

func inFolder(params map[string]any, dir string) map[string]any {
	out := map[string]any{}
	for name, v := range params {
		switch v := v.(type) {
		case File:
			out[name] = filepath.Join(dir, string(v))
		case map[string]any:
			out[name] = inFolder(v, dir)
		default:
			out[name] = v
		}
	}
	return out
}

func (w *Written) lose(format string, args ...any) {
	w.Lost = append(w.Lost, fmt.Sprintf(format, args...))
}

// nameForm is what a name of files may be.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Write writes a split into a folder that it makes, in one rename: the folder has
// everything or is not there. name is that of the files (of RecBole's), seed that of
// the split. What training does not see is not written: texts about held-out
// interactions.
//
// Errors: ErrInvalid for an unknown form, a folder that is there, or a name that is
// none of a file; ErrUnsupported for what the form cannot hold and the rest would
// be wrong without: users who are held out whole, an id with a separator in it.
func Write(s *data.Split, form Form, dir, name string, seed uint64) (*Written, error) {
	write := map[Form]func(*writer) error{RecBole: recBole, CLLM4Rec: layout, Parquet: parquets, Sequences: sequences}[form]
	switch {
	case write == nil:
		return nil, contract.Errorf(contract.ErrInvalid, "unknown form %q of an export, expected one of %q", form, Forms())
	case form == RecBole && !nameForm.MatchString(name):
		return nil, contract.Errorf(contract.ErrInvalid, "RecBole's files are called after their folder, and %q cannot be their name: expected letters, digits, dots, hyphens and underscores", name)
	case s.FoldIn != nil:
		return nil, contract.Errorf(contract.ErrUnsupported, "this split holds users out whole, and files have no part for the histories by which they are asked: export the data with another split, and hold users out in the experiment that reads them")
	}
	if _, err := os.Lstat(dir); err == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is there already: an export makes its folder; name another, or remove it", dir)
	}
	temp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".export-")
	if err != nil {
		return nil, fmt.Errorf("the export cannot be written: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // it is gone when all went well
	w := &writer{Split: s, dir: temp, name: name, Written: Written{Seed: seed}, spaced: map[string]int{}}
	if err := write(w); err != nil {
		return nil, err
	}
	slices.Sort(w.Files)
	if err := os.Chmod(temp, 0o755); err != nil {
		return nil, err
	}
	if err := os.Rename(temp, dir); err != nil {
		return nil, fmt.Errorf("the export cannot be written: %w", err)
	}
	return &w.Written, nil
}

// writer is an export under way.
type writer struct {
	*data.Split
	Written
	dir, name string
	spaced    map[string]int  // how many words of a set had spaces, by its name
	names     map[string]bool // of the fields so far
	reviews   map[[2]int32]string
}

// part is a part of the split by its names.
type part struct {
	name  contract.Part
	short string // as RecBole and the authors' layout call it
	x     *data.Interactions
}

// parts are those that the split has.
func (w *writer) parts() []part {
	all := []part{{contract.PartTrain, "train", w.Training.Interactions}}
	if w.Validation != nil {
		all = append(all, part{contract.PartValidation, "valid", w.Validation})
	}
	return append(all, part{contract.PartTest, "test", w.Test})
}

// whole is the number of interactions.
func (w *writer) whole() int {
	n := 0
	for _, p := range w.parts() {
		n += p.x.Len()
	}
	return n
}

// file writes a file of the export.
func (w *writer) file(name string, write func(f *os.File) error) (err error) {
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the export cannot be written: %w", err)
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	w.Files = append(w.Files, name)
	return err
}

// loseTexts says that the form has no place for the texts that fits does not take.
func (w *writer) loseTexts(fits func(contract.TextKind) bool) {
	counts := map[contract.TextKind]int{}
	for _, t := range w.Training.Texts {
		if !fits(t.Kind) {
			counts[t.Kind]++
		}
	}
	for _, kind := range contract.TextKinds() {
		if counts[kind] > 0 {
			w.lose("%d texts of the kind %s have no place in this form", counts[kind], kind)
		}
	}
}

// loseAttributes says that the form has no place for attributes.
func (w *writer) loseAttributes() {
	for _, a := range w.Training.Attributes {
		w.lose("the attribute %s of %ss has no place in this form", a.Name, a.Entity)
	}
}

// checkIDs refuses ids that hold a character that separates.
func (w *writer) checkIDs(separators, what string) error {
	for _, v := range []struct {
		what string
		ids  []string
	}{{"user", w.Users.IDs()}, {"item", w.Items.IDs()}} {
		for _, id := range v.ids {
			if strings.ContainsAny(id, separators) {
				return contract.Errorf(contract.ErrUnsupported, "the %s %q holds %s, which separates in this form: use %s", v.what, id, what, Parquet)
			}
		}
	}
	return nil
}

// textsOf are the texts of a kind about each user or item, by index; nil where there is none.
func (w *writer) textsOf(kind contract.TextKind) []string {
	n, of := w.Items.Len(), func(t data.Text) int32 { return t.Item }
	if kind == contract.TextBiography {
		n, of = w.Users.Len(), func(t data.Text) int32 { return t.User }
	}
	var out []string
	for _, t := range w.Training.Texts {
		if t.Kind != kind {
			continue
		}
		if out == nil {
			out = make([]string, n)
		}
		out[of(t)] = t.Text
	}
	return out
}

// itemKinds are the kinds of text about an item, in the order of reading.
func itemKinds() []contract.TextKind {
	return []contract.TextKind{contract.TextTitle, contract.TextDescription, contract.TextTags, contract.TextCategories, contract.TextBrand}
}

// textsBy are the texts of a kind by user and item.
func (w *writer) textsBy(kind contract.TextKind) map[[2]int32]string {
	out := map[[2]int32]string{}
	for _, t := range w.Training.Texts {
		if t.Kind == kind {
			out[[2]int32{t.User, t.Item}] = t.Text
		}
	}
	return out
}

// loseOrder says so when texts come back in another order than this one, which is part
// of a fingerprint.
func (w *writer) loseOrder(read []data.Text, how string) {
	if !slices.Equal(read, w.Training.Texts) {
		w.lose("the texts come back in another order (%s), by which the fingerprint is another one", how)
	}
}

// kindByKind are the texts of some kinds, those of each in their order.
func (w *writer) kindByKind(kinds []contract.TextKind) []data.Text {
	var out []data.Text
	for _, kind := range kinds {
		for _, t := range w.Training.Texts {
			if t.Kind == kind {
				out = append(out, t)
			}
		}
	}
	return out
}

// rowByRow are all texts as rows of tables have them: reviews by user and place in the
// history, then item by item and user by user.
func (w *writer) rowByRow() []data.Text {
	x := w.Training.Interactions
	place := make(map[[2]int32]int, x.Len())
	for u := range x.Users {
		for at := x.Ptr[u]; at < x.Ptr[u+1]; at++ {
			place[[2]int32{int32(u), x.Item[at]}] = at
		}
	}
	key := func(t data.Text) [3]int {
		switch {
		case t.Kind == contract.TextReview:
			return [3]int{0, place[[2]int32{t.User, t.Item}]}
		case t.Kind == contract.TextBiography:
			return [3]int{2, int(t.User)}
		default:
			return [3]int{1, int(t.Item), slices.Index(itemKinds(), t.Kind)}
		}
	}
	out := slices.Clone(w.Training.Texts)
	slices.SortStableFunc(out, func(a, b data.Text) int {
		k, l := key(a), key(b)
		return slices.Compare(k[:], l[:])
	})
	return out
}
