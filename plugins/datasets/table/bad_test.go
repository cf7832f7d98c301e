package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// Every error names the file and, where one is at fault, the line.
func TestDamagedInteractionsAreNamed(t *testing.T) {
	head := "user,item,rating,timestamp\n"
	for name, c := range map[string]struct {
		content string
		params  map[string]any
		want    string
	}{
		"empty":                       {"", nil, ": the file is empty"},
		"only a header":               {"user", nil, ": no separator is recognised"},
		"prose":                       {"It was a dark night.\n", nil, "it is not clear whether the first line names the columns"},
		"a word that may be a name":   {"alice,plot\nbob,story\n", nil, "it is not clear whether the first line names the columns"},
		"a value that is a text":      {head + "a,1,5,1\nb,2,good,1\n", nil, `:3: column rating is "good", expected a number`},
		"no value":                    {head + "a,1,5,1\nb,2,,1\n", nil, ":3: column rating is empty, expected a number of 32 bits (value: none"},
		"a value beyond 32 bits":      {head + "a,1,1e300,1\n", nil, `:2: column rating is "1e300", expected a number of 32 bits`},
		"NaN":                         {head + "a,1,nan,1\n", nil, `:2: column rating is "nan", expected a number`},
		"no user":                     {head + ",1,5,1\n", nil, ":2: column user is empty, expected an identifier"},
		"no time":                     {head + "a,1,5,\n", nil, ":2: column timestamp is empty, expected a time"},
		"times of two units":          {head + "a,1,5,1577836800\na,1,5,1577836800000\n", nil, ":3: column timestamp is 1577836800000, which are milliseconds since 1970, where those before it are seconds"},
		"a time that is a text":       {head + "a,1,5,1577836800\na,1,5,yesterday\n", nil, `:3: column timestamp is "yesterday", expected a number of seconds`},
		"a short record":              {head + "a,1,5,1\na,1\n", nil, ":3: 2 fields, expected 4 fields, as the header has"},
		"an open quote":               {head + "a,\"1,5,1\na,2,5,1\n", nil, ":2: the quote that begins a field here never ends"},
		"text behind a quote":         {head + "a,\"1\"x,5,1\n", nil, ":2: text follows a closing quote"},
		"a million columns":           {strings.Repeat("x,", 1_000_000) + "\n", nil, ":1: the record has more than 10000 fields"},
		"no UTF-8":                    {head + "a,1,5,1\n\xe9,1,5,1\n", nil, ":3: the text is not UTF-8 (byte 1 of the line is 0xe9); is it ISO 8859-1 (latin1)?"},
		"UTF-16":                      {"\xff\xfeu\x00", nil, ":1: the file is UTF-16"},
		"a zip archive":               {"PK\x03\x04\x14\x00", nil, ":1: the file is a zip archive"},
		"a page":                      {"<!DOCTYPE html><html>", nil, ":1: the file is a page of the web"},
		"a column twice":              {"user,item,user\na,1,b\n", nil, `the header has the column "user" twice`},
		"an unknown column":           {head, map[string]any{"user": "usr"}, `: user: there is no column "usr"; did you mean "user"?`},
		"a column beyond the last":    {head, map[string]any{"user": 5}, ": user: there is no column 5: the table has 4 columns"},
		"two users":                   {"user_id,userId,item\na,b,1\n", nil, ": user may be any of the columns user_id, userId: say which (user: user_id)"},
		"two items":                   {"user,track_id,artist_id\na,b,1\n", nil, ": item may be any of the columns track_id, artist_id"},
		"no column of items":          {"user,thing\na,b\n", nil, `: no column is recognised as item: say which it is (item: NAME); the columns are "user", "thing"`},
		"one column twice":            {head + "a,1,5,1\n", map[string]any{"user": "item", "item": 2}, ": the column item is both user and item"},
		"many columns without name":   {"1,2,3,4,5\n", nil, ": the 5 columns have no names, and what they hold is not clear"},
		"an unknown part":             {"user,item,split\na,1,train\na,2,late\n", map[string]any{"part": "split"}, `:3: column split is "late", expected train, validation`},
		"quotes of which nobody knew": {"a\t1\t5\n\"b\"\t1\t5\n", map[string]any{"quotes": "no"}, ":2: column 1 stands in quotes: say quotes: yes"},
		"truncated gzip":              {formatstest.Zipped(head + strings.Repeat("a,1,5,1\n", 99))[:40], nil, "the gzip data end here, before their end mark"},
		"truncated zstd":              {formatstest.Zstd(head + strings.Repeat("a,1,5,1\n", 99))[:30], nil, "the zstd data end here, before their end mark"},
		"a JSON list":                 {`[{"user":1}]`, nil, ":1: the file is one JSON list, expected JSON lines"},
		"JSON that is none":           {`{"user":1,"item":2}` + "\n{]", nil, ":2: no JSON object"},
		"a key that is missing":       {`{"user":1,"item":2}` + "\n" + `{"user":1,"itm":2}`, nil, `:2: the field item is missing, expected an identifier: a text or a whole number; the fields found are "itm", "user"`},
		"an id with a fraction":       {`{"user":1.5,"item":2}`, nil, ":1: the field user is 1.5, expected an identifier"},
		"an id that is a list":        {`{"user":[1],"item":2}`, nil, ":1: the field user is [1], expected an identifier"},
		"a JSON value in words":       {`{"user":1,"item":2,"rating":"5"}`, nil, `:1: the field rating is "5", expected a number`},
		"a JSON time in words":        {`{"user":1,"item":2,"timestamp":1577836800}` + "\n" + `{"user":1,"item":2,"timestamp":"x"}`, nil, `:2: the field timestamp is "x", expected a number of seconds`},
		"typed columns of RecBole":    {"user_id:token\titem_id:token\n1\t2\n", nil, "no column is recognised as user"},
	} {
		path := file(t, "file", c.content)
		params := map[string]any{"path": path}
		for k, v := range c.params {
			params[k] = v
		}
		_, err := formatstest.SpelledInteractions(configured(t, params))
		if !errors.Is(err, contract.ErrBadData) && !errors.Is(err, contract.ErrInvalid) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if _, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": filepath.Join(t.TempDir(), "none.csv")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("no file: error %v", err)
	}
}

func TestAFolderThatIsNoTableIsNamed(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"the folder has no parts of a table": {"README.md": "x"},
		"it has none":                        {},
		"the folder has files of several kinds (a.csv, b.json)":         {"a.csv": "user,item\n", "b.json": "{}"},
		"b.csv: the columns are \"user\", \"thing\", expected those of": {"a.csv": "user,item\na,1\n", "b.csv": "user,thing\nb,2\n"},
		"b.csv: the columns are \"3\", \"4\", expected those of":        {"a.csv": "user,item\na,1\n", "b.csv": "3,4\n"},
		"b.csv: the file is empty, expected a header":                   {"a.csv": "user,item\na,1\n", "b.csv": ""},
		"b.csv:1: there are 3 fields, expected 2":                       {"a.csv": "1,2\n", "b.csv": "3,4,5\n"},
	} {
		dir := formatstest.Folder(t, files)
		d, err := newDataset(), error(nil)
		if _, err = d.Configure(t.Context(), []byte(`{"path":"`+dir+`"}`)); err == nil {
			_, err = formatstest.SpelledInteractions(d)
		}
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestPartsOfASplitMustAgree(t *testing.T) {
	train, test := file(t, "train.csv", "user,item,rating\n1,2,3\n"), file(t, "test.csv", "user,item\n1,3\n")
	_, err := formatstest.SpelledInteractions(configured(t, map[string]any{"train": train, "test": test}))
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `has the value column "rating" and `+test+` has ""`) {
		t.Errorf("error %v", err)
	}
	if got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"train": train, "test": test, "value": "none"})); err != nil || len(got) != 2 {
		t.Errorf("without the value: %q, error %v", got, err)
	}
}

func TestDamagedDescriptionsAreNamed(t *testing.T) {
	path := file(t, "r.csv", "user,item\na,1\n")
	for content, want := range map[string]string{
		"item,title,price\n1,One,cheap\n":   `:2: column price is "cheap", expected a number`,
		"item,title,price\n,One,1\n":        ":2: column item is empty, expected an identifier",
		"item,cost\n1,2\n":                  `items.attributes: there is no column "price"`,
		"thing,title,price\n1,One,1\n":      "no column is recognised as items.id",
		`{"item":1,"price":{"a":1}}`:        `:1: the field price is an object, expected a number`,
		`{"item":1,"title":[{}],"price":1}`: `:1: the field title is [{}], expected a list of nothing but texts and numbers`,
	} {
		items := file(t, "items", content)
		d := configured(t, map[string]any{"path": path, "items": map[string]any{"path": items, "attributes": map[string]any{"price": "number"}}})
		_, err1 := formatstest.SpelledAttributes(d)
		_, err2 := formatstest.SpelledTexts(d)
		err := errors.Join(err1, err2)
		if !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), items+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
	d := configured(t, map[string]any{"path": path, "users": map[string]any{"path": file(t, "users.csv", "user,age\na,5\n")}})
	if _, err := formatstest.SpelledAttributes(d); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), `nothing would be read; the columns are "user", "age"`) {
		t.Errorf("a file of which nothing is read: error %v", err)
	}
}

func TestAFileThatChangesWhileItIsReadIsRefused(t *testing.T) {
	path := file(t, "r.csv", "user,item\n"+strings.Repeat("a,1\n", 1<<17))
	err := configured(t, map[string]any{"path": path}).Interactions(t.Context(), func(*contract.InteractionChunk) error {
		return os.WriteFile(path, []byte("user,item\nb,2\n"), 0o600)
	})
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("error %v", err)
	}
}

// read reads all that a dataset gives, and fails on an error that is not the input's.
func readAll(t *testing.T, d *dataset) {
	for _, read := range []func(context.Context) error{
		func(ctx context.Context) error {
			return d.Interactions(ctx, func(*contract.InteractionChunk) error { return nil })
		},
		func(ctx context.Context) error {
			return d.Texts(ctx, func(*contract.TextChunk) error { return nil })
		},
		func(ctx context.Context) error {
			return d.Attributes(ctx, func(*contract.AttributeChunk) error { return nil })
		},
	} {
		if err := read(t.Context()); err != nil && !contract.IsBadInput(err) {
			t.Fatal(err)
		}
	}
}

// fuzz reads a file of any content by datasets that are configured for its path, once:
// that takes longer than the reading.
func fuzz(f *testing.F, path string, datasets ...*dataset) {
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, d := range datasets {
			readAll(t, d)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{base, "user,item,rating,timestamp,title,genre\na,1,5,2020-01-01,T,x|y\n", "user;item\n\"a\nb\";c\n", "1::2::3\n", formatstest.Zipped("user,item\n1,2\n")} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	fuzz(f, path, configured(f, map[string]any{"path": path}),
		configured(f, map[string]any{"path": path, "user": 1, "item": 2, "items": map[string]any{"title": 1, "attributes": map[string]any{"3": "number"}}}))
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"user":"a","item":1,"rating":5,"timestamp":1577836800123,"title":"T","genre":["x"]}`, `{'user': 'a', 'item': None}`, `{"user":1e3,"item":[]}`, "{}"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	describe := map[string]any{"path": path, "title": "title", "attributes": map[string]any{"genre": "set", "rating": "number"}, "format": "jsonl"}
	fuzz(f, path, configured(f, map[string]any{"path": path, "format": "jsonl", "items": describe}))
}
