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
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

const head = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"

// splitFolder has the benchmark files of a given split.
func splitFolder(t testing.TB) string {
	return formatstest.Folder(t, map[string]string{
		"fold.train.inter": head + "a\t1\t5\t10\nb\t2\t4\t20\n", "fold.valid.inter": head + "a\t2\t3\t30\n", "fold.test.inter": head + "b\t1\t2\t40\n",
		"fold.item": "item_id:token\ttitle:token_seq\tgenre:token_seq\n1\tOne\tx y\n",
	})
}

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

func TestAFolderOfAtomicFilesIsRead(t *testing.T) {
	want := []string{"ada 7 4.5 @1577836800", "ada 12 3 @1577923200", "bo 7 5 @1577836900", "cy 12 1.5 @1578009600", "cy 40 4 @1578009700"}
	for _, path := range []string{tiny(t)} {
		d := configured(t, map[string]any{"path": path})
		if got, err := formatstest.SpelledInteractions(d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, error %v", path, got, err)
		}
	}
	d := configured(t, map[string]any{"path": tiny(t)})
	got, err := formatstest.SpelledTexts(d)
	wantTexts := []string{
		"review ada 7: Kept me awake", `review bo 7: "Quoted", and more`, "review cy 12: Too long", "review cy 40: Warm",
		"title 7: The Lighthouse, Again", "categories 7: Mystery, Sea", "title 12: Copper Rivers", "categories 12: Travel", "title 40: A Field Guide to Rain", "categories 40: Nature, Travel",
		"biography ada: Reads at sea", "biography cy: Collects maps",
	}
	if err != nil || !slices.Equal(got, wantTexts) {
		t.Errorf("texts %q, error %v", got, err)
	}
	got, err = formatstest.SpelledAttributes(d)
	wantAttributes := []string{
		"item 7 class set [Mystery Sea]", "item 12 class set [Travel]", "item 40 class set [Nature Travel]", "item 7 year category 1998", "item 12 year category 2004", "item 7 price number 12.5", "item 40 price number 9",
		"user ada age category 41", "user bo age category 29", "user ada city category Bergen", "user bo city category Oslo", "user cy city category Bergen",
	}
	if err != nil || !slices.Equal(got, wantAttributes) {
		t.Errorf("attributes %q, error %v", got, err)
	}
}

func TestFieldsAndTextsAreChosen(t *testing.T) {
	d := configured(t, map[string]any{"path": tiny(t), "value": "none", "time": "none", "texts": map[string]any{"title": "class", "categories": "none", "review": "none", "biography": "city"}})
	if got, err := formatstest.SpelledInteractions(d); err != nil || got[0] != "ada 7" {
		t.Errorf("%q, error %v", got, err)
	}
	got, err := formatstest.SpelledTexts(d)
	if want := []string{"title 7: Mystery Sea", "title 12: Travel", "title 40: Nature Travel Nature", "biography ada: Bergen", "biography bo: Oslo", "biography cy: Bergen"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
	other := formatstest.Folder(t, map[string]string{"x.inter": "u:token|i:token|t:float\n\"a|b\"|1|1577836800123\n", "x.item": "i:token|words:token_seq\n1|p,q,p\n"})
	d = configured(t, map[string]any{"path": other, "user": "u", "item": "i", "time": "t", "field_separator": "|", "seq_separator": ",", "quotes": true})
	if got, err := formatstest.SpelledInteractions(d); err != nil || !slices.Equal(got, []string{"a|b 1 @1577836800"}) {
		t.Errorf("other separators: %q, error %v", got, err)
	}
	if got, err := formatstest.SpelledAttributes(d); err != nil || !slices.Equal(got, []string{"item 1 words set [p q]"}) {
		t.Errorf("other separators: %q, error %v", got, err)
	}
}

func TestBenchmarkFilesAreAGivenSplit(t *testing.T) {
	dir := splitFolder(t)
	want := []string{"train a 1 5 @10", "train b 2 4 @20", "validation a 2 3 @30", "test b 1 2 @40"}
	for _, params := range []map[string]any{{"path": dir}, {"path": dir, "split": "given"}, {"path": dir, "name": "fold"}} {
		if got, err := formatstest.SpelledInteractions(configured(t, params)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %q, error %v", params, got, err)
		}
	}
	s, err := data.Load(t.Context(), configured(t, map[string]any{"path": dir}), data.Options{Name: "fold", Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil || s.Training.Interactions.Len() != 2 || s.Validation.Len() != 1 || s.Test.Len() != 1 {
		t.Errorf("%+v, error %v", s, err)
	}
}

func TestSeveralDataSetsOfOneFolderAreTold(t *testing.T) {
	dir := formatstest.Folder(t, map[string]string{"a.inter": head + "u\t1\t5\t1\n", "b.inter.gz": formatstest.Zipped(head + "v\t2\t4\t2\n"), "b.item": "item_id:token\n2\n"})
	if got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": dir, "name": "b"})); err != nil || !slices.Equal(got, []string{"v 2 4 @2"}) {
		t.Errorf("%q, error %v", got, err)
	}
	guesses, err := newDataset().Sniff(t.Context(), dir)
	if err != nil || len(guesses) != 2 || !strings.Contains(string(guesses[1].Params), `"name":"b"`) {
		t.Errorf("guesses %s, error %v", guesses, err)
	}
}

func TestParametersAreStrict(t *testing.T) {
	both := formatstest.Folder(t, map[string]string{"a.inter": head, "a.train.inter": head, "a.test.inter": head})
	for params, want := range map[string]string{
		`{}`: "path: is missing",
		fmt.Sprintf(`{"path":%q}`, formatstest.Folder(t, map[string]string{"a.csv": ""})):                                  `has no atomic file of interactions, NAME.inter; it has "a.csv"`,
		fmt.Sprintf(`{"path":%q}`, filepath.Join(formatstest.Folder(t, map[string]string{"a.csv": ""}), "a.csv")):          "is a file; give the folder that has it",
		fmt.Sprintf(`{"path":%q}`, formatstest.Folder(t, map[string]string{"a.inter": "", "b.inter": ""})):                 `several data sets ("a", "b"): say which (name: a)`,
		fmt.Sprintf(`{"path":%q,"name":"shelv"}`, tiny(t)):                                                                 `there is no shelv.inter; did you mean "shelf"?`,
		fmt.Sprintf(`{"path":%q}`, filepath.Join(tiny(t), "shelf.inter")):                                                  "is a file; give the folder that has it, and name: shelf",
		fmt.Sprintf(`{"path":%q}`, both):                                                                                   "say which to read (split: whole or given)",
		fmt.Sprintf(`{"path":%q,"split":"given"}`, tiny(t)):                                                                "a given split needs shelf.train.inter and shelf.test.inter",
		fmt.Sprintf(`{"path":%q,"split":"whole"}`, splitFolder(t)):                                                         "there is no fold.inter, only files of a given split",
		fmt.Sprintf(`{"path":%q}`, formatstest.Folder(t, map[string]string{"a.train.inter": head, "a.valid.inter": head})): "a given split needs a.train.inter and a.test.inter",
		fmt.Sprintf(`{"path":%q,"user":"item_id"}`, tiny(t)):                                                               "user and item are both the field",
		fmt.Sprintf(`{"path":%q,"usr":"x"}`, tiny(t)):                                                                      `usr: unknown key; did you mean "user"?`,
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": both, "split": "whole"})); err != nil {
		t.Errorf("whole: error %v", err)
	}
	if _, err := formatstest.SpelledTexts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		inter, item string
		params      map[string]any
		want        string
	}{
		"empty":                  {"", "", nil, "x.inter: the file is empty, expected a header"},
		"no types":               {"user_id\titem_id\n", "", nil, `x.inter:1: the column "user_id" of the header has no name and type`},
		"an unknown type":        {"user_id:token\titem_id:int\n", "", nil, `x.inter:1: the column "item_id:int" of the header has no name and type, expected name:type, with a type of token, token_seq, float, float_seq`},
		"a field twice":          {"user_id:token\tuser_id:float\n", "", nil, `the header has the field "user_id" twice`},
		"no user":                {"uid:token\titem_id:token\n", "", nil, `x.inter: user: there is no field "user_id"; known are uid, item_id`},
		"sequences":              {"user_id:token\titem_id:token\titem_id_list:token_seq\n1\t2\t3\n", "", map[string]any{"item": "item"}, `item: there is no field "item"`},
		"only sequences":         {"user_id:token\titem_id_list:token_seq\n1\t2 3\n", "", nil, "its records are sequences (field item_id_list)"},
		"a rating that is token": {"user_id:token\titem_id:token\trating:token\n", "", nil, "the field rating is of type token, expected float"},
		"a value that is a text": {head + "a\t1\tgood\t1\n", "", nil, `x.inter:2: column rating:float is "good", expected a number`},
		"an empty id":            {head + "a\t1\t5\t1\n\t1\t5\t1\n", "", nil, "x.inter:3: column user_id:token is empty, expected an identifier"},
		"a short record":         {head + "a\t1\t5\n", "", nil, "x.inter:2: 3 fields, expected 4 fields, as the header has"},
		"times of two units":     {head + "a\t1\t5\t1577836800\na\t2\t5\t1577836800000\n", "", nil, "x.inter:3: column timestamp:float is 1577836800000, which are milliseconds"},
		"no UTF-8":               {head + "\xe9\t1\t5\t1\n", "", nil, "x.inter:2: the text is not UTF-8"},
		"truncated gzip":         {formatstest.Zipped(head + strings.Repeat("a\t1\t5\t1\n", 99))[:50], "", nil, "before their end mark"},
		"items without id":       {head, "title:token_seq\nx\n", nil, `x.item: item: there is no field "item_id"`},
		"a number in words":      {head, "item_id:token\tprice:float\n1\tcheap\n", nil, `x.item:2: column price:float is "cheap", expected a number`},
		"no such text":           {head, "item_id:token\ttitle:token_seq\n", map[string]any{"texts": map[string]any{"title": "titel"}}, `x.item: texts.title: there is no field "titel"; did you mean "title"?`},
		"a number as text":       {head, "item_id:token\tprice:float\n", map[string]any{"texts": map[string]any{"title": "price"}}, "texts.title: the field price is of type float, expected token or token_seq"},
	} {
		files := map[string]string{"x.inter": c.inter}
		if c.item != "" {
			files["x.item"] = c.item
		}
		dir := formatstest.Folder(t, files)
		params := map[string]any{"path": dir}
		for k, v := range c.params {
			params[k] = v
		}
		d := configured(t, params)
		_, err := formatstest.SpelledInteractions(d)
		if err == nil {
			_, err = formatstest.SpelledTexts(d)
		}
		if err == nil {
			_, err = formatstest.SpelledAttributes(d)
		}
		if !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), dir) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	differ := formatstest.Folder(t, map[string]string{"x.train.inter": head + "a\t1\t5\t1\n", "x.test.inter": "user_id:token\titem_id:token\na\t2\n"})
	if _, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": differ})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "expected the same in all parts of a split") {
		t.Errorf("parts that differ: error %v", err)
	}
	if _, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": filepath.Join(t.TempDir(), "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("nothing: error %v", err)
	}
}

// The counts are those of the data set's own description (Harper and Konstan, ACM TiiS
// 2015, and the README of ml-100k): 943 users, 1,682 movies, 100,000 ratings.
func TestMovieLens100KHasItsCounts(t *testing.T) {
	d := configured(t, map[string]any{"path": sharedtest.ML100K(t)})
	s, err := data.Load(t.Context(), d, data.Options{Name: "ml-100k", Attributes: true, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Audit; a.Users != 943 || a.Items != 1682 || a.Interactions != 100_000 {
		t.Errorf("%d users, %d items, %d interactions", a.Users, a.Items, a.Interactions)
	}
	if s.Fingerprint != sharedtest.ML100KLeaveOneOut {
		t.Errorf("another split than the official files give through the plugin movielens: %s", s.Fingerprint)
	}
	titles := 0
	err = d.Texts(t.Context(), func(c *contract.TextChunk) error {
		for _, kind := range c.Kinds {
			if kind == contract.TextTitle {
				titles++
			}
		}
		return nil
	})
	if err != nil || titles != 1682 {
		t.Errorf("%d titles, error %v", titles, err)
	}
	types := map[string]contract.AttributeType{}
	err = d.Attributes(t.Context(), func(c *contract.AttributeChunk) error {
		types[c.Name] = c.Type
		return nil
	})
	if err != nil || len(types) != 6 || types["class"] != contract.AttributeSet || types["age"] != contract.AttributeCategory {
		t.Errorf("attributes %v, error %v", types, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"shelf.inter", "shelf.item", "shelf.user"} {
		content, err := os.ReadFile(filepath.Join("testdata", "tiny", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(formatstest.Zipped(head)))
	dir := f.TempDir()
	write := func(content []byte) error {
		var all error
		for _, name := range []string{"x.inter", "x.item", "x.user"} {
			all = errors.Join(all, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		}
		return all
	}
	if err := write([]byte(head)); err != nil {
		f.Fatal(err)
	}
	d := configured(f, map[string]any{"path": dir}) // once: that takes longer than the reading
	reads := []func(context.Context) error{
		func(ctx context.Context) error {
			return d.Interactions(ctx, func(*contract.InteractionChunk) error { return nil })
		},
		func(ctx context.Context) error {
			return d.Texts(ctx, func(*contract.TextChunk) error { return nil })
		},
		func(ctx context.Context) error {
			return d.Attributes(ctx, func(*contract.AttributeChunk) error { return nil })
		},
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := write(content); err != nil {
			t.Fatal(err)
		}
		for _, read := range reads {
			if err := read(t.Context()); err != nil && (!contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), dir)) {
				t.Fatal(err)
			}
		}
	})
}
