package main

import (
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

// base is the beginning of a fold of MovieLens 100K, in the form of its file u1.base.
const base = "1\t1\t5\t874965758\n1\t2\t3\t876893171\n2\t1\t4\t888550871\n"

func file(t testing.TB, name, content string) string { return formatstest.File(t, name, content) }

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

// The same three rows in every form that is recognised without a word.
func TestOneLineReadsEveryUsualForm(t *testing.T) {
	want := []string{"ada 7 4.5 @1577836800", "ada 12 3 @1577923200", "bo 7 5 @1577836900"}
	csv := "userId,movieId,rating,timestamp\nada,7,4.5,1577836800\nada,12,3,1577923200\nbo,7,5,1577836900\n"
	lines := `{"user_id":"ada","parent_asin":"7","asin":"x","rating":4.5,"timestamp":1577836800123}
{"user_id":"ada","parent_asin":"12","asin":"y","rating":3,"timestamp":1577923200000}
{"user_id":"bo","parent_asin":"7","asin":"x","rating":5.0,"timestamp":1577836900999}
`
	for name, content := range map[string]string{
		"csv":                       csv,
		"a byte order mark":         "\ufeff" + csv,
		"ends of lines of Windows":  strings.ReplaceAll(csv, "\n", "\r\n"),
		"gzip":                      formatstest.Zipped(csv),
		"zstd":                      formatstest.Zstd(csv),
		"tabs":                      strings.ReplaceAll(csv, ",", "\t"),
		"semicolons":                strings.ReplaceAll(csv, ",", ";"),
		"bars":                      strings.ReplaceAll(csv, ",", "|"),
		"double colons":             strings.ReplaceAll(csv, ",", "::"),
		"blanks":                    strings.ReplaceAll(csv, ",", "  "),
		"no header":                 csv[strings.Index(csv, "\n")+1:],
		"no header, value last":     "ada,7,1577836800,4.5\nada,12,1577923200,3\nbo,7,1577836900,5\n",
		"quotes":                    "\"user\",\"item\",\"stars\",\"date\"\n\"ada\",\"7\",\"4.5\",\"2020-01-01\"\n\"ada\",\"12\",\"3\",\"2020-01-02T00:00:00Z\"\n\"bo\",\"7\",\"5\",\"2020-01-01 00:01:40\"\n",
		"quotes between tabs":       "user\titem\trating\tts\n\"ada\"\t7\t4.5\t1577836800\nada\t\"12\"\t3\t1577923200\nbo\t7\t5\t1577836900\n",
		"milliseconds":              "user,item,rating,timestamp\nada,7,4.5,1577836800000\nada,12,3,1577923200999\nbo,7,5,1577836900000\n",
		"further columns":           "review_id,user_id,business_id,stars,useful,date\n1,ada,7,4.5,0,2020-01-01\n2,ada,12,3,0,2020-01-02\n3,bo,7,5,0,2020-01-01 00:01:40\n",
		"JSON lines":                lines,
		"JSON lines, numbers as id": strings.NewReplacer(`"7"`, "7", `"12"`, "12").Replace(lines),
		"JSON lines, gzip":          formatstest.Zipped(lines),
		"Python dictionaries":       strings.ReplaceAll(lines, `"`, "'"),
	} {
		got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": file(t, "file", content)}))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
}

func TestColumnsAreTakenByNameOrByNumberOrNotAtAll(t *testing.T) {
	path := file(t, "file.csv", "who,1,what,rating,when\nada,x,7,5,31.12.2019\n")
	for _, c := range []struct {
		params map[string]any
		want   string
	}{
		{map[string]any{"user": "who", "item": "what"}, "ada 7 5"},
		{map[string]any{"header": "yes", "user": 5, "item": 3, "value": "none"}, "31.12.2019 7"},
		{map[string]any{"header": "yes", "user": "5", "item": "1"}, "31.12.2019 x 5"}, // a column that is called 1 comes before the first
		{map[string]any{"user": "who", "item": "what", "time": 5, "time_format": "%d.%m.%Y"}, "ada 7 5 @1577750400"},
	} {
		c.params["path"] = path
		if got, err := formatstest.SpelledInteractions(configured(t, c.params)); err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%v: %q, error %v, want %q", c.params, got, err, c.want)
		}
	}
	got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": file(t, "u.data", base), "user": 2, "item": 1}))
	if want := []string{"1 1", "2 1", "1 2"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("by number without a header: %q, error %v", got, err)
	}
	got, err = formatstest.SpelledInteractions(configured(t, map[string]any{"path": file(t, "f", "a b\nc d\n"), "header": "no"}))
	if want := []string{"a b", "c d"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("texts without a header: %q, error %v", got, err)
	}
}

func TestAGivenSplitComesFromFilesOrAColumn(t *testing.T) {
	train, test := file(t, "u1.base", base), file(t, "u1.test", "1\t3\t2\t874965800\n")
	want := []string{"train 1 1 5 @874965758", "train 1 2 3 @876893171", "train 2 1 4 @888550871", "test 1 3 2 @874965800"}
	got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"train": train, "test": test}))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("u1.base and u1.test: %q, error %v", got, err)
	}
	split, err := data.Load(t.Context(), configured(t, map[string]any{"train": train, "test": test}), data.Options{Name: "u1", Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil || split.Training.Interactions.Len() != 3 || split.Test.Len() != 1 {
		t.Errorf("the split: %+v, error %v", split, err)
	}
	column := "user,item,rating,timestamp,split\n1,1,5,874965758,train\n1,3,2,874965800,TEST\n1,2,3,876893171,training\n1,9,3,876893171,val\n2,1,4,888550871,train\n"
	want = append(slices.Clone(want), "validation 1 9 3 @876893171")
	for _, params := range []map[string]any{{}, {"part": "split"}, {"part": 5}} {
		params["path"] = file(t, "file.csv", column)
		got, err := formatstest.SpelledInteractions(configured(t, params))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %q, error %v", params, got, err)
		}
	}
	numbers := file(t, "file.csv", "user,item,fold\n1,1,3\n")
	if got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": numbers})); err != nil || !slices.Equal(got, []string{"1 1"}) {
		t.Errorf("a column of folds that says no parts: %q, error %v", got, err)
	}
}

func TestAFolderOfPartsIsReadInTheOrderOfNames(t *testing.T) {
	dir := formatstest.Folder(t, map[string]string{
		"part-0001.csv": "user,item\nb,2\n", "part-0000.csv": "user,item\na,1\n", "part-0002.csv.gz": formatstest.Zipped("user,item\nc,3\n"), "_SUCCESS": "", ".part.crc": "x", "README.md": "# About\n",
	})
	got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": dir}))
	if want := []string{"a 1", "b 2", "c 3"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
	hadoop := formatstest.Folder(t, map[string]string{"part-00000": "1\t2\n", "part-00001": "3\t4\n"})
	if got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": hadoop})); err != nil || !slices.Equal(got, []string{"1 2", "3 4"}) {
		t.Errorf("parts without endings: %q, error %v", got, err)
	}
}

func TestTextsAndAttributesComeFromOtherFiles(t *testing.T) {
	d := newDataset()
	if _, err := d.Configure(t.Context(), tinyParams(t)); err != nil {
		t.Fatal(err)
	}
	got, err := formatstest.SpelledTexts(d)
	want := []string{
		"review ada 7: Kept me awake, all night", "review bo 7: Two lines:\nthe second \"quoted\" one", "review cy 12: Too long", "review cy 40: Warm",
		"title 7: The Lighthouse, Again", "description 7: A keeper finds a second lamp.", "categories 7: Mystery, Sea stories", "brand 7: Harbour & Sons",
		"title 12: Copper Rivers", "categories 12: Travel", "brand 12: Northfield",
		"title 40: A Field Guide to Rain", "description 40: How to read clouds.", "categories 40: Nature, Travel", "brand 40: Northfield",
		"biography ada: Reads at sea.", "biography cy: Collects maps.",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("texts %q, error %v", got, err)
	}
	got, err = formatstest.SpelledAttributes(d)
	want = []string{
		"item 7 genres set [Mystery Sea stories]", "item 12 genres set [Travel]", "item 40 genres set [Nature Travel]", "item 7 price number 12.5", "item 40 price number 9",
		"item 7 publisher category Harbour & Sons", "item 12 publisher category Northfield", "item 40 publisher category Northfield", "item 7 year number 1998", "item 12 year number 2004",
		"user ada age number 41", "user bo age number 29", "user ada city category Bergen", "user bo city category Oslo", "user cy city category Bergen",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("attributes %q, error %v", got, err)
	}
}

// Columns of the table of interactions describe too; the first row of an item counts,
// over all tables of a split.
func TestTextsAndAttributesComeFromFurtherColumns(t *testing.T) {
	train := file(t, "train.csv", "user,item,name,genre\na,1,One,x|y|x\nb,1,Uno,z\n")
	test := file(t, "test.csv", "user,item,name,genre\na,2,Two,NA\n")
	d := configured(t, map[string]any{"train": train, "test": test, "items": map[string]any{"title": "name", "attributes": map[string]any{"genre": "set"}, "missing": []string{"NA"}}, "missing": []string{"NA"}})
	got, err := formatstest.SpelledTexts(d)
	if want := []string{"title 1: One", "title 2: Two"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("texts %q, error %v", got, err)
	}
	got, err = formatstest.SpelledAttributes(d)
	if want := []string{"item 1 genre set [x y]"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("attributes %q, error %v", got, err)
	}
}

func TestJSONDescribesWithListsAndNumbers(t *testing.T) {
	items := file(t, "meta.jsonl", `{"parent_asin":"7","title":"One","features":["light","red"],"price":9.99,"categories":["a","b"],"store":null}`+"\n")
	d := configured(t, map[string]any{"path": file(t, "r.csv", "user,item\na,7\n"), "items": map[string]any{"path": items, "attributes": map[string]any{"price": "number", "categories": "set"}}})
	got, err := formatstest.SpelledTexts(d)
	if want := []string{"title 7: One", "tags 7: light, red", "categories 7: a, b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("texts %q, error %v", got, err)
	}
	got, err = formatstest.SpelledAttributes(d)
	if want := []string{"item 7 categories set [a b]", "item 7 price number 9.99"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("attributes %q, error %v", got, err)
	}
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`:                                          "expected path, or train and test",
		`{"path":"x","test":"y"}`:                     "not both",
		`{"train":"x"}`:                               "needs both train and test",
		`{"path":"x","usr":"y"}`:                      `usr: unknown key; did you mean "user"?`,
		`{"path":"x","user":1.5}`:                     "expected string or integer, got number",
		`{"path":"x","user":"none"}`:                  "cannot be none",
		`{"path":"x","time_format":"%Q"}`:             "time_format: the time format",
		`{"path":"x","format":"xls"}`:                 "must be one of auto, text, jsonl, parquet",
		`{"path":"x","items":{}}`:                     "items: expected the path of a file, or columns",
		`{"path":"x","items":{"id":"a","title":"t"}}`: "items.id belongs to a file",
		`{"path":"x","items":{"attributes":{"a":"number","b":"nubmer"}}}`: `items.attributes.b: the type is "nubmer"`,
		`{"train":"x","test":"y","part":"z"}`:                             "part is the column of a split in one table",
		`{"path":"testdata"}`:                                             "testdata: the folder has files of several kinds (parquet.json, strange.parquet)",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.SpelledTexts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
}

func TestSniffFindsTablesAndWhatTheyAreToEachOther(t *testing.T) {
	inter, items := "user_id,item_id,rating\n1,2,3\n", "item_id,title\n2,T\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string // the parameters, with DIR for the folder
	}{
		"parts":               {map[string]string{"part-0.csv": inter, "part-1.csv": inter}, `{"path":"DIR"}`},
		"split":               {map[string]string{"x_train.csv": inter, "x_test.csv": inter, "x_valid.csv": inter}, `{"test":"DIR/x_test.csv","train":"DIR/x_train.csv","validation":"DIR/x_valid.csv"}`},
		"items and users":     {map[string]string{"a.csv": inter, "b.csv": items, "c.tsv": "user_id\tage\n1\t5\n"}, `{"items":{"path":"DIR/b.csv"},"path":"DIR/a.csv","users":{"path":"DIR/c.tsv"}}`},
		"two that compete":    {map[string]string{"a.csv": inter, "b.csv": "user,item,time\n1,2,3\n"}, ""},
		"nothing of the kind": {map[string]string{"a.csv": "x,y\n1,2\n", "b.txt": "prose\n"}, ""},
	} {
		dir := formatstest.Folder(t, c.files)
		guesses, err := newDataset().Sniff(t.Context(), dir)
		got := ""
		if len(guesses) > 0 {
			got = strings.ReplaceAll(string(guesses[0].Params), dir, "DIR")
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %s, error %v, want %s", name, got, err, c.want)
		}
	}
	for content, want := range map[string]contract.Confidence{base: contract.ConfidencePossible, inter: contract.ConfidenceLikely, "1 2\n3 4\n": "", "a,b\nc,d\n": "", "customer;product;stars\nx;y;3\nx;z;4\n": contract.ConfidencePossible, "user_id:token\titem_id:token\n": ""} {
		guesses, err := newDataset().Sniff(t.Context(), file(t, "f", content))
		if err != nil || (len(guesses) > 0) != (want != "") || len(guesses) > 0 && guesses[0].Confidence != want {
			t.Errorf("%q: %v, error %v, want %q", content, guesses, err, want)
		}
	}
}

// MovieLens 100K as a CSV, and cut into a base and a test file as its authors' folds are:
// every row is the one of the file, the counts are the published ones.
func TestMovieLens100KIsReadRowByRow(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(sharedtest.ML100K(t), "ml-100k.inter"))
	if err != nil {
		t.Fatal(err)
	}
	_, records, _ := strings.Cut(strings.TrimSpace(string(raw)), "\n")
	var want []string
	var base, test strings.Builder
	for i, record := range strings.Split(records, "\n") {
		fields := strings.Split(record, "\t")
		want = append(want, fmt.Sprintf("%s %s %s @%s", fields[0], fields[1], fields[2], fields[3]))
		if i%5 == 0 {
			_, _ = fmt.Fprintln(&test, record)
		} else {
			_, _ = fmt.Fprintln(&base, record)
		}
	}
	csv := configured(t, map[string]any{"path": file(t, "ratings.csv", "user_id,item_id,rating,timestamp\n"+strings.ReplaceAll(records, "\t", ","))})
	if got, err := formatstest.SpelledInteractions(csv); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d rows, error %v, want %d", len(got), err, len(want))
	}
	whole, err := data.Load(t.Context(), csv, data.Options{Name: "ml-100k", Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
	if err != nil || whole.Audit.Users != 943 || whole.Audit.Items != 1682 || whole.Audit.Interactions != 100_000 {
		t.Errorf("%+v, error %v", whole, err)
	}
	fold := configured(t, map[string]any{"train": file(t, "u1.base", base.String()), "test": file(t, "u1.test", test.String())})
	split, err := data.Load(t.Context(), fold, data.Options{Name: "u1", Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil || split.Training.Interactions.Len() != 80_000 || split.Test.Len() != 20_000 {
		t.Errorf("%+v, error %v", split, err)
	}
}
