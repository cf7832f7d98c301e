package export_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"

	"github.com/parquet-go/parquet-go"
)

// small is a split of two users and three items, made by hand.
func small() *data.Split {
	part := func(ptr []int, item []int32, value []float32, time []int64) *data.Interactions {
		return &data.Interactions{Users: 2, Items: 3, Ptr: ptr, Item: item, Value: value, Time: time}
	}
	return &data.Split{
		Users: data.NewVocabulary([]string{"ann", "bo b"}), Items: data.NewVocabulary([]string{"x", "y", "z"}),
		Training: data.Training{
			Interactions: part([]int{0, 2, 3}, []int32{2, 0, 1}, []float32{5, 0.5, 3}, []int64{10, -3, 1577836800}),
			Texts: []data.Text{
				{Kind: contract.TextReview, User: 0, Item: 2, Text: "Fine."}, {Kind: contract.TextTags, User: -1, Item: 0, Text: "a; b"},
				{Kind: contract.TextTitle, User: -1, Item: 1, Text: "\"Y\"\tand\nmore"}, {Kind: contract.TextBiography, User: 1, Item: -1, Text: "Bob."},
			},
			Attributes: []contract.TrainAttributes{
				{Name: "tags", Entity: contract.EntityUser, Type: contract.AttributeCategory, Rows: []int32{0}, Values: contract.Values{Words: []string{"k"}}},
				{Name: "age", Entity: contract.EntityUser, Type: contract.AttributeNumber, Rows: []int32{1}, Values: contract.Values{Numbers: []float64{1e21}}},
				{Name: "tags", Entity: contract.EntityItem, Type: contract.AttributeSet, Rows: []int32{0, 2}, Values: contract.Values{Sets: [][]string{{"a", "b c"}, {}}}},
			},
		},
		Validation: part([]int{0, 1, 1}, []int32{1}, []float32{1}, []int64{11}),
		Test:       part([]int{0, 0, 1}, []int32{0}, []float32{2}, []int64{12}),
	}
}

func written(t *testing.T, s *data.Split, form export.Form) (string, *export.Written) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := export.Write(s, form, dir, "few", 1)
	if err != nil {
		t.Fatal(err)
	}
	return dir, w
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestRecBolesFilesAreAsItsManualSays(t *testing.T) {
	dir, w := written(t, small(), export.RecBole)
	for name, want := range map[string]string{
		"few.train.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\treview:token_seq\nann\tz\t5\t10\tFine.\nann\tx\t0.5\t-3\t\nbo b\ty\t3\t1577836800\t\n",
		"few.valid.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\treview:token_seq\nann\ty\t1\t11\t\n",
		"few.test.inter":  "user_id:token\titem_id:token\trating:float\ttimestamp:float\treview:token_seq\nbo b\tx\t2\t12\t\n",
		"few.item":        "item_id:token\ttags:token_seq\ttitle:token_seq\ttags_text:token\nx\ta b_c\t\ta; b\ny\t\t'Y\" and more\t\nz\t\t\t\n",
		"few.user":        "user_id:token\tuser_tags:token\tage:float\tbiography:token_seq\nann\tk\t\t\nbo b\t\t1000000000000000000000\tBob.\n",
	} {
		if got := content(t, dir, name); got != want {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, want)
		}
	}
	lost := strings.Join(w.Lost, "\n")
	for _, want := range []string{"1 title texts had tabs", "1 words of tags had spaces", "tags of users is called user_tags"} {
		if !strings.Contains(lost, want) {
			t.Errorf("want %q in\n%s", want, lost)
		}
	}
}

// Read by the library by the names and types of the columns, not by our writer's code.
func TestParquetTablesHoldEverything(t *testing.T) {
	dir, w := written(t, small(), export.Parquet)
	type item struct {
		Item  string   `parquet:"item"`
		Tags  []string `parquet:"tags,optional,list"`
		Text  *string  `parquet:"tags_text"`
		Title *string  `parquet:"title"`
	}
	type user struct {
		Age       *float64 `parquet:"age"`
		Biography *string  `parquet:"biography"`
		User      string   `parquet:"user"`
	}
	type row struct {
		Item   string  `parquet:"item"`
		Part   string  `parquet:"part"`
		Review *string `parquet:"review"`
		Time   int64   `parquet:"time"`
		User   string  `parquet:"user"`
		Value  float32 `parquet:"value"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, "interactions.parquet"))
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	if r := rows[0]; r.Item != "z" || r.User != "ann" || r.Part != "train" || r.Time != 10 || r.Value != 5 || r.Review == nil || *r.Review != "Fine." {
		t.Errorf("got %+v", r)
	}
	if r := rows[4]; r.Item != "x" || r.User != "bo b" || r.Part != "test" || r.Time != 12 || r.Review != nil {
		t.Errorf("got %+v", r)
	}
	items, err := parquet.ReadFile[item](filepath.Join(dir, "items.parquet"))
	if err != nil || len(items) != 3 || !slices.Equal(items[0].Tags, []string{"a", "b c"}) || items[1].Title == nil || *items[1].Title != "\"Y\"\tand\nmore" || items[2].Text != nil {
		t.Errorf("got %+v, error %v", items, err)
	}
	users, err := parquet.ReadFile[user](filepath.Join(dir, "users.parquet"))
	if err != nil || len(users) != 2 || users[0].Age != nil || *users[1].Age != 1e21 || *users[1].Biography != "Bob." {
		t.Errorf("got %+v, error %v", users, err)
	}
	if len(w.Lost) > 0 || len(w.Files) != 3 {
		t.Errorf("%q, lost %q", w.Files, w.Lost)
	}
}

func TestWhatAFormCannotHoldIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	whole, noValidation, zero, tab := small(), small(), small(), small()
	whole.FoldIn = whole.Test
	noValidation.Validation = nil
	zero.Test.Value = []float32{0}
	tab.Items = data.NewVocabulary([]string{"x", "y\tz", "z"})
	for _, c := range []struct {
		split *data.Split
		form  export.Form
		name  string
		want  error
		says  string
	}{
		{whole, export.Parquet, "few", contract.ErrUnsupported, "holds users out whole"},
		{noValidation, export.CLLM4Rec, "few", contract.ErrUnsupported, "has a validation part"},
		{zero, export.CLLM4Rec, "few", contract.ErrUnsupported, "has the value 0"},
		{small(), export.Sequences, "few", contract.ErrUnsupported, `the user "bo b" holds white space`},
		{tab, export.RecBole, "few", contract.ErrUnsupported, `the item "y\tz" holds a tab`},
		{small(), "csv", "few", contract.ErrInvalid, "unknown form"},
		{small(), export.RecBole, "../few", contract.ErrInvalid, "cannot be their name"},
	} {
		dir := filepath.Join(t.TempDir(), "below")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := export.Write(c.split, c.form, filepath.Join(dir, "out"), c.name, 1); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", c.form, err, c.says)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left behind", c.form, left)
		}
	}
}

func TestExportsOfOneSplitAreTheSame(t *testing.T) {
	s := exporttest.Split(t)
	for _, form := range export.Forms() {
		first, w := written(t, s, form)
		again, _ := written(t, s, form)
		for _, name := range w.Files {
			if content(t, first, name) != content(t, again, name) {
				t.Errorf("%s: %s differs", form, name)
			}
		}
	}
}
