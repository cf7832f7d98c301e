package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
)

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

func interactions(d contract.Dataset) (rows []string, err error) {
	err = d.Interactions(context.Background(), func(c *contract.InteractionChunk) error {
		for i := range c.Users {
			rows = append(rows, string(c.Part)+" "+c.Users[i]+" "+c.Items[i])
		}
		return nil
	})
	return rows, err
}

func documents(d contract.Dataset) (rows []string, err error) {
	err = d.Texts(context.Background(), func(c *contract.TextChunk) error {
		for i := range c.Texts {
			rows = append(rows, string(c.Kinds[i])+"|"+c.Users[i]+"|"+c.Items[i]+"|"+c.Texts[i])
		}
		return nil
	})
	return rows, err
}

func TestTheLayoutIsReadAsSciPyAndPickleWroteIt(t *testing.T) {
	d := configured(t, map[string]any{"path": "testdata/tiny"})
	want := []string{"train 0 0", "train 0 11", "train 1 2", "train 2 0", "validation 0 3", "test 0 4", "test 2 11"}
	if got, err := interactions(d); err != nil || !slices.Equal(got, want) {
		t.Errorf("interactions %v, error %v", got, err)
	}
	want = []string{"review|0|11|Smells like rain.", "review|0|4|A test pair.", "title||0|Soap", "title||11|Crème", "tags||2|a; b"}
	for range 2 {
		if got, err := documents(d); err != nil || !slices.Equal(got, want) {
			t.Errorf("documents %v, error %v", got, err)
		}
	}
	got, err := documents(configured(t, map[string]any{"path": "testdata/tiny", "texts": []string{"tags"}}))
	if err != nil || !slices.Equal(got, want[4:]) {
		t.Errorf("chosen documents %v, error %v", got, err)
	}
}

func attributes(d *dataset) (rows []string, err error) {
	err = d.Attributes(context.Background(), func(c *contract.AttributeChunk) error {
		for i, id := range c.IDs {
			row := c.Name + "|" + string(c.Type) + "|" + id + "|"
			if c.Type == contract.AttributeSet {
				row += strings.Join(c.Sets[i], "+")
			} else {
				row += c.Words[i]
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

func TestTagsCategoriesAndBrandAreAttributesOfTheItems(t *testing.T) {
	dir := copied(t, "item_texts/brand.pkl", pickledAbout(" Dove", 2))
	if err := os.WriteFile(filepath.Join(dir, "item_texts/categories.pkl"), pickledAbout(" Hair, Care, Hair , ", 7), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ chosen, want []string }{
		{nil, []string{"tags|set|2|a+b", "categories|set|7|Hair+Care", "brand|category|2|Dove"}},
		{[]string{"brand"}, []string{"brand|category|2|Dove"}},
	} {
		params := map[string]any{"path": dir}
		if c.chosen != nil {
			params["attributes"] = c.chosen
		}
		if got, err := attributes(configured(t, params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("chosen %v: %v, error %v", c.chosen, got, err)
		}
	}
	if _, err := attributes(configured(t, map[string]any{"path": "testdata/tiny", "attributes": []string{"brand"}})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a kind that is not there: error %v", err)
	}
}

// pickledAbout is a list of one [prompt, text] about an item, in protocol 2.
func pickledAbout(text string, item int) []byte {
	prompt := fmt.Sprintf("Something of item_%d:", item)
	word := func(s string) string { return "X" + string([]byte{byte(len(s)), 0, 0, 0}) + s }
	return []byte("\x80\x02](" + "](" + word(prompt) + word(text) + "ee.")
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`:                                   `path`,
		`{"path":"x","txets":[]}`:              `txets`,
		`{"path":"x","texts":["reviews"]}`:     `review`,
		`{"path":"x","texts":"review"}`:        `texts`,
		`{"path":"x","texts":["tags","tags"]}`: `texts`,
	} {
		if _, err := newDataset().Configure(context.Background(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", params, err)
		}
	}
	if _, err := interactions(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
}

// copied is testdata/tiny with one file changed; nil removes it.
func copied(t *testing.T, name string, content []byte) string {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	err := os.Remove(path)
	if content != nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func load(t *testing.T, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata/tiny", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pickled writes a protocol 4 pickle of [[prompt, text]].
func pickled(prompt, text string) []byte {
	short := func(s string) string { return "\x8c" + string([]byte{byte(len(s))}) + s }
	return []byte("\x80\x04](](" + short(prompt) + short(text) + "ee.")
}

func TestDamagedFilesAreNamed(t *testing.T) {
	review, train := "user_item_texts/review.pkl", load(t, "train_matrix.npz")
	if _, err := newDataset().Configure(t.Context(), json.RawMessage(`{"path":"testdata/tiny/meta.pkl"}`)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file for a folder: error %v", err)
	}
	for _, c := range []struct {
		file    string
		content []byte
		is      error
		want    string
	}{
		{"meta.pkl", nil, contract.ErrNotFound, "meta.pkl: no such file"},
		{"meta.pkl", []byte("\x80\x04]."), contract.ErrBadData, "holds a list"},
		{"meta.pkl", []byte("\x80\x04}."), contract.ErrBadData, "num_users is missing"},
		{"meta.pkl", []byte("\x80\x04}(\x8c\x09num_usersK\x03\x8c\x09num_itemsK\x04u."), contract.ErrBadData, "3 x 12, but meta.pkl says 3 users and 4 items"},
		{"meta.pkl", []byte("\x80\x04\x8c\x02os\x8c\x06system\x93."), contract.ErrBadData, "offset 14 (STACK_GLOBAL): os.system is refused"},
		{"val_matrix.npz", nil, contract.ErrNotFound, "val_matrix.npz"},
		{"train_matrix.npz", train[:len(train)/2], contract.ErrBadData, "train_matrix.npz: not a whole .npz"},
		{review, load(t, review)[:60], contract.ErrBadData, "review.pkl: offset"},
		{review, []byte("\x80\x04}."), contract.ErrBadData, "holds a dictionary"},
		{review, []byte("\x80\x04]Na."), contract.ErrBadData, "record 0: is nothing"},
		{review, []byte("\x80\x04](N)e."), contract.ErrBadData, "record 0"},
		{review, pickled("user_3 wrote about item_0:", "t"), contract.ErrBadData, "user_3, but there are 3 (0..2)"},
		{review, pickled("user_1 wrote about item_12:", "t"), contract.ErrBadData, "item_12, but there are 12"},
		{review, pickled("user_1 wrote:", "t"), contract.ErrBadData, "does not name what a review is about"},
		{review, pickled("user_1 and user_2 wrote about item_1", "t"), contract.ErrBadData, "each at most once"},
		{review, pickled("user_01 wrote about item_1", "t"), contract.ErrBadData, "each at most once"},
		{"item_texts/title.pkl", pickled("user_1 and item_1", "t"), contract.ErrBadData, "does not name what a title is about"},
	} {
		d := newDataset()
		_, err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"path":%q}`, copied(t, c.file, c.content))))
		if (err != nil) != (c.content == nil) {
			t.Errorf("%s: a missing file is told by Configure, a damaged one later: error %v", c.file, err)
		}
		if err == nil {
			_, first := interactions(d)
			_, second := documents(d)
			err = errors.Join(first, second)
		}
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Base(c.file)) {
			t.Errorf("%s, want %q: error %v", c.file, c.want, err)
		}
	}
	d := configured(t, map[string]any{"path": "testdata/tiny", "texts": []string{"brand"}})
	if _, err := documents(d); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "brand.pkl") {
		t.Errorf("missing kind: error %v", err)
	}
}

// shared is a path in the data folder beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	return sharedtest.Path(t, "data/"+name)
}

func TestBeautyHasThePapersCounts(t *testing.T) {
	d := configured(t, map[string]any{"path": shared(t, "cllm4rec-beauty")})
	s, err := data.Load(context.Background(), d, data.Options{Name: "Beauty", Texts: true, Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil {
		t.Fatal(err)
	}
	a := s.Audit
	if a.Users != 10553 || a.Items != 6086 || a.Train.Interactions != 70614 || a.Validation.Interactions != 11767 || a.Test.Interactions != 11767 {
		t.Errorf("audit %+v", a)
	}
	want := map[contract.TextKind]int{
		contract.TextReview: 3375, contract.TextTitle: 6062, contract.TextTags: 6086,
		contract.TextCategories: 1022, contract.TextBrand: 717, contract.TextDescription: 710,
	}
	for kind, n := range want {
		if a.Texts.Kept[kind] != n {
			t.Errorf("%d documents of kind %s, want %d", a.Texts.Kept[kind], kind, n)
		}
	}
	if a.Texts.Withheld != 0 || s.Users.ID(10552) != "10552" || s.Items.ID(17) != "17" {
		t.Errorf("withheld %d, last user %s", a.Texts.Withheld, s.Users.ID(10552))
	}
}

func TestAPipeInPlaceOfAFileIsRefusedAtOnce(t *testing.T) {
	for _, name := range []string{"meta.pkl", "train_matrix.npz", "item_texts/title.pkl"} {
		dir := copied(t, name, nil)
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
		d := newDataset()
		_, err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"path":%q}`, dir)))
		if err == nil {
			_, err = documents(d)
		}
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), name+": is a pipe, expected a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The counts of meta.pkl are NumPy integers, as where they were taken of a matrix.
func TestCountsAsNumPyIntegersAreRead(t *testing.T) {
	const count = "cnumpy._core.multiarray\nscalar\n"
	const int64s = "cnumpy\ndtype\n(\x8c\x02i8\x89\x88tR(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	number := func(n byte) string {
		return count + "(" + int64s + "C\x08" + string([]byte{n, 0, 0, 0, 0, 0, 0, 0}) + "tR"
	}
	meta := "\x80\x04}(\x8c\x09num_users" + number(3) + "\x8c\x09num_items" + number(12) + "u."
	d := newDataset()
	if _, err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"path":%q}`, copied(t, "meta.pkl", []byte(meta))))); err != nil {
		t.Fatal(err)
	}
	got, err := interactions(d)
	want, _ := interactions(configured(t, map[string]any{"path": "testdata/tiny"}))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, error %v", got, err)
	}
}

func TestTheReportedPickleIsRead(t *testing.T) {
	d := configured(t, map[string]any{"path": shared(t, "../cases/numpypickle/d")})
	s, err := data.Load(t.Context(), d, data.Options{Name: "D", Texts: true, Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Audit; a.Users != 12 || a.Items != 15 || a.Texts.Kept[contract.TextReview] == 0 {
		t.Errorf("audit %+v", a)
	}
}

func BenchmarkInteractions(b *testing.B) {
	d := configured(b, map[string]any{"path": shared(b, "cllm4rec-beauty")})
	n := 0
	for b.Loop() {
		err := d.Interactions(context.Background(), func(c *contract.InteractionChunk) error { n += c.Len(); return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func FuzzAbout(f *testing.F) {
	f.Add("user_51 wrote the following review for item_23:")
	f.Add("The tags of item_6085 are:")
	f.Add("user_-1 item_٣ user_")
	f.Fuzz(func(t *testing.T, prompt string) {
		user, item, err := about(prompt)
		if err != nil {
			return
		}
		for what, id := range map[string]string{"user_": user, "item_": item} {
			if id != "" && strings.Count(prompt, what+id) != 1 {
				t.Fatalf("%q names %q", prompt, id)
			}
		}
	})
}
