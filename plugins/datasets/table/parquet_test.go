package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func fixture(t testing.TB, name string) string { return formatstest.Testdata(t, name) }

// What pandas reads of the files that pyarrow wrote (testdata/make_parquet.py) is what
// the plugin reads.
func TestParquetIsReadAsPandasReadsIt(t *testing.T) {
	var want map[string][]string
	raw, err := os.ReadFile(fixture(t, "parquet.json"))
	if err == nil {
		err = json.Unmarshal(raw, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := configured(t, map[string]any{"path": fixture(t, "ratings.parquet"), "items": map[string]any{
		"path": fixture(t, "books.parquet"), "categories": "none", "attributes": map[string]any{"price": "number", "year": "number", "pages": "number", "genres": "set"},
	}})
	if got, err := formatstest.SpelledInteractions(d); err != nil || !slices.Equal(got, want["interactions"]) {
		t.Errorf("interactions %q, error %v, want %q", got, err, want["interactions"])
	}
	if got, err := formatstest.SpelledTexts(d); err != nil || !slices.Equal(got, append(want["reviews"], want["titles"]...)) {
		t.Errorf("texts %q, error %v, want %q and %q", got, err, want["reviews"], want["titles"])
	}
	got, err := formatstest.SpelledAttributes(d)
	if all := slices.Concat(want["genres"], want["pages"], want["price"], want["year"]); err != nil || !slices.Equal(got, all) {
		t.Errorf("attributes %q, error %v, want %q", got, err, all)
	}
}

func TestTimesOfParquetOfEveryTypeAreSeconds(t *testing.T) {
	for column, want := range map[string]string{
		"ns": "a b @1577836800", "ms": "a b @1577836800", "day": "a b @1577836800", "float": "a b @1577836800", "text": "a b @1577836800",
	} {
		d := configured(t, map[string]any{"path": fixture(t, "strange.parquet"), "time": column})
		if got, err := formatstest.SpelledInteractions(d); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, error %v", column, got, err)
		}
	}
}

func TestColumnsOfParquetThatCannotBeReadAreNamedWithTheirType(t *testing.T) {
	path := fixture(t, "strange.parquet")
	for column, want := range map[string]string{
		"clock": "column clock holds TIME(", "pair": "column pair holds nested values", "lists": "column lists holds nested values", "fixed": "column fixed holds FIXED_LEN_BYTE_ARRAY(4)",
		"ms": "row 1: column ms (TIMESTAMP(isAdjustedToUTC=false,unit=MILLIS)) is", "nothing": `there is no column "nothing"`,
	} {
		_, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": path, "value": column}))
		if !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", column, err, want)
		}
	}
	_, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": fixture(t, "books.parquet"), "user": "title", "item": "genres"}))
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "row 1: column genres (STRING) is") || !strings.Contains(err.Error(), "the column holds lists") {
		t.Errorf("lists as ids: error %v", err)
	}
}

// Every file that is cut, or of which a byte is another, is read to other values or
// refused with its name: never a panic, whatever the library does.
func TestDamagedParquetIsNamed(t *testing.T) {
	whole, err := os.ReadFile(fixture(t, "ratings.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	read := func(what string, content []byte) {
		path := file(t, "r.parquet", string(content))
		d := configured(t, map[string]any{"path": path, "format": "parquet"})
		if _, err := formatstest.SpelledInteractions(d); err != nil {
			refused++
			if !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("%s: error %v", what, err)
			}
		}
	}
	const step = 29
	for cut := range len(whole) / step {
		read(fmt.Sprint("cut at ", cut*step), whole[:cut*step])
	}
	if refused < len(whole)/step {
		t.Errorf("of %d cut files %d were refused", len(whole)/step, refused)
	}
	for at := 0; at < len(whole); at += 7 {
		damaged := bytes.Clone(whole)
		damaged[at] ^= []byte{0x01, 0x80, 0xff}[at%3]
		read(fmt.Sprint("another byte at ", at), damaged)
	}
}

func TestADamagedRowGroupIsNamed(t *testing.T) {
	whole, err := os.ReadFile(fixture(t, "ratings.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	at := f.Metadata().RowGroups[1].Columns[1].MetaData.DictionaryPageOffset
	for i := range int64(16) {
		whole[at+i] = 0xff
	}
	path := file(t, "r.parquet", string(whole))
	_, err = formatstest.SpelledInteractions(configured(t, map[string]any{"path": path}))
	if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": row group 2, column item_id: the file is damaged") {
		t.Errorf("error %v", err)
	}
}

func FuzzParquet(f *testing.F) {
	for _, name := range []string{"ratings.parquet", "books.parquet", "strange.parquet"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	path := filepath.Join(f.TempDir(), "file")
	describe := map[string]any{"path": path, "id": 1, "format": "parquet", "attributes": map[string]any{"3": "set", "4": "number"}}
	fuzz(f, path, configured(f, map[string]any{"path": path, "format": "parquet", "items": describe}))
}
