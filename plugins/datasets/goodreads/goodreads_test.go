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

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/rows"
)

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

// The times are those of `date -u -d "Wed Mar 22 11:37:04 -0700 2017" +%s` and so on.
func TestEverySignalOfBothForms(t *testing.T) {
	dates := map[string]string{"aa01|501": "1490207824", "aa01|503": "1420070400", "bb02|501": "1453858689", "cc03|502": "1078079399", "bb02|502": "1453858690"}
	for signal, want := range map[string][]string{
		signalShelved: {"aa01|501", "aa01|503", "bb02|501", "cc03|502", "bb02|502"},
		signalRead:    {"aa01|501", "bb02|501", "cc03|502"},
		signalRated:   {"aa01|501|5", "cc03|502|3", "bb02|502|2"},
	} {
		var csv, timed []string
		for _, row := range want {
			csv = append(csv, row)
			timed = append(timed, row+"|"+dates[row[:8]])
		}
		if got, err := formatstest.Interactions(configured(t, whole(t, "csv", signal))); err != nil || !slices.Equal(got, csv) {
			t.Errorf("%s of CSV: %q, %v", signal, got, err)
		}
		if got, err := formatstest.Interactions(configured(t, whole(t, "json", signal))); err != nil || !slices.Equal(got, timed) {
			t.Errorf("%s of JSON: %q, %v", signal, got, err)
		}
	}
}

func TestNumbersStayWhereThereAreNoMaps(t *testing.T) {
	text, err := os.ReadFile(tiny(t, "goodreads_interactions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0|0|5", "2|1|3", "1|1|2"}
	for _, path := range []string{tiny(t, "goodreads_interactions.csv"), formatstest.File(t, "x.csv.gz", formatstest.Zipped(string(text)))} {
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": path, "signal": signalRated})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestAFileOfReviewsIsReadAlone(t *testing.T) {
	d := configured(t, map[string]any{"path": tiny(t, "goodreads_reviews_dedup.json"), "signal": signalRated})
	if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, []string{"aa01|501|5|1490207824", "bb02|502|2|1453858690"}) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := formatstest.Texts(d); err != nil || !slices.Equal(got, []string{"review|aa01|501|A quiet marvel.", "review|bb02|502|Gave up at page 90,\nsadly."}) {
		t.Errorf("%q, %v", got, err)
	}
	d = configured(t, map[string]any{"path": tiny(t, "goodreads_reviews_dedup.json"), "signal": signalRead})
	if _, err := formatstest.Interactions(d); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `:1: with the signal "read" an interaction of Goodreads has no field is_read`) {
		t.Errorf("read of reviews: error %v", err)
	}
}

func TestReviewsBooksAndGenresBecomeTexts(t *testing.T) {
	books := []string{
		"title|501|The Long Hedge", "description|501|A gardener counts the days.", "tags|501|gardens; slow-books; owned", "brand|501|Ada Furrow, Bo Quill",
		"title|502|Short Hedge (Hedges, #2)", "brand|502|Ada Furrow",
		"categories|501|history, historical fiction, biography, fiction", "categories|503|poetry",
	}
	reviews := []string{"review|aa01|501|A quiet marvel.", "review|bb02|502|Gave up at page 90,\nsadly."}
	for _, form := range []string{"csv", "json"} {
		if got, err := formatstest.Texts(configured(t, whole(t, form, signalShelved))); err != nil || !slices.Equal(got, slices.Concat(reviews, books)) {
			t.Errorf("%s: %q, %v", form, got, err)
		}
	}
	got, err := formatstest.Texts(configured(t, map[string]any{"path": tiny(t, "goodreads_interactions_dedup.json"), "books": tiny(t, "goodreads_books.json"), "shelves": 1}))
	want := []string{"review|aa01|501|A quiet marvel.", "review|bb02|502|Gave up at page ...", "title|501|The Long Hedge", "description|501|A gardener counts the days.", "tags|501|gardens", "title|502|Short Hedge (Hedges, #2)"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("texts of the interactions, one shelf, no names: %q, %v", got, err)
	}
	if got, err := formatstest.Texts(configured(t, map[string]any{"path": tiny(t, "goodreads_interactions.csv")})); err != nil || got != nil {
		t.Errorf("of CSV alone: %q, %v", got, err)
	}
}

func TestBooksBecomeAttributes(t *testing.T) {
	want := []string{
		"item 501 language eng", "item 501 format Paperback", "item 501 publisher Shed Press", "item 501 medium printed", "item 502 medium ebook", "item 501 pages 256", "item 501 year 1984",
		"item 501 authors [Ada Furrow Bo Quill]", "item 502 authors [Ada Furrow]", "item 501 shelves [gardens slow-books owned]",
		"item 501 genres [history historical fiction biography fiction]", "item 503 genres [poetry]",
	}
	for _, form := range []string{"csv", "json"} {
		if got, err := formatstest.Attributes(configured(t, whole(t, form, signalShelved))); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", form, got, err)
		}
	}
	got, err := formatstest.Attributes(configured(t, map[string]any{"path": tiny(t, "goodreads_interactions_dedup.json"), "books": tiny(t, "goodreads_books.json"), "shelves": 0}))
	if err != nil || !slices.Contains(got, "item 501 authors [11 12]") || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "shelves") }) {
		t.Errorf("without names and shelves: %q, %v", got, err)
	}
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`: "path", `{"path":"x","signal":"liked"}`: "signal", `{"path":"x","book":"y"}`: `did you mean "books"?`, `{"path":"testdata"}`: "is a folder", `{"path":"x","genres":"testdata"}`: "is a folder",
		`{"path":"x","authors":"y"}`: "authors has no meaning without books", `{"path":"x","shelves":-1}`: "shelves",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	for want, leave := range map[string][]string{"book_ids: expected book_id_map.csv": {"book_ids"}, "user_ids: expected user_id_map.csv": {"user_ids"}} {
		params := whole(t, "csv", signalShelved)
		for _, key := range leave {
			delete(params, key)
		}
		d := configured(t, params)
		_, err1 := formatstest.Interactions(d)
		_, err2 := formatstest.Texts(d)
		_, err3 := formatstest.Attributes(d)
		for _, err := range []error{err1, err2, err3} {
			if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	params := whole(t, "json", signalShelved)
	params["user_ids"] = tiny(t, "user_id_map.csv")
	if _, err := formatstest.Interactions(configured(t, params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "belong to goodreads_interactions.csv") {
		t.Errorf("maps of JSON: error %v", err)
	}
	if _, err := formatstest.Interactions(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": filepath.Join(t.TempDir(), "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a missing file: error %v", err)
	}
}

func TestDamageIsNamedWithFileAndLine(t *testing.T) {
	for key, cases := range map[string]map[string]string{
		"csv": {
			"9,0,1,5,0": `user_id 9 has no id in `, "0,7,1,5,0": "book_id 7 has no id in ", "0,0,2,5,0": `column is_read is "2", expected 0 or 1`, "0,0,1,6,0": "1 to 5 stars",
			"0,0,1,x,0": `column rating is "x", expected a whole number`, "-1,0,1,5,0": "user_id -1 has no id", "0,0,1": "3 fields, expected 5 fields",
		},
		"user_ids": {"1,dd04": "the number 1 or the id \"dd04\" stands there for the second time", "7,aa01": "stands there for the second time", "-1,dd04": "a number from 0 up", "999999999,dd04": "a number from 0 up", "3,": "expected an identifier"},
		"json": {
			`{"user_id":"a"`: "no JSON object", `{"user_id":"a","book_id":"1","rating":3}`: "an interaction of Goodreads has no field date_added",
			`{"user_id":"a","book_id":"1","rating":6,"date_added":"x","is_read":true}`:          "the field rating is 6, expected 0 (not rated) or 1 to 5 stars",
			`{"user_id":"a","book_id":"1","rating":null,"date_added":"x","is_read":true}`:       "the field rating is <nil>",
			`{"user_id":"a","book_id":"1","rating":"3","date_added":"x","is_read":true}`:        "the field rating is a text, expected a whole number",
			`{"user_id":"a","book_id":"1","rating":3,"date_added":"2017-01-01","is_read":true}`: `the field date_added is "2017-01-01", expected a time such as "Wed Mar 22 11:37:04 -0700 2017"`,
			`{"user_id":"a","book_id":"1","rating":3,"date_added":"x","is_read":"true"}`:        "the field is_read is a text, expected true or false",
			`{"user_id":"","book_id":"1","rating":3,"date_added":"x","is_read":true}`:           "user_id or book_id is empty",
		},
		"reviews": {`{"user_id":"a","book_id":"1","rating":3}`: "a review of Goodreads has no field review_text_incomplete", `{"user_id":"a","book_id":"1","review_text":7}`: "the field review_text is the number 7"},
		"books": {
			`{"book_id":"1"}`: "a book of Goodreads has no field title", `{"book_id":"501","title":"x"}`: `book "501" stands there for the second time`, `{"book_id":"","title":"x"}`: "book_id is empty",
			`{"book_id":"1","title":"x","num_pages":"many"}`:             "the field num_pages is \"many\", expected a whole number",
			`{"book_id":"1","title":"x","is_ebook":"yes"}`:               `the field is_ebook is "yes"`,
			`{"book_id":"1","title":"x","popular_shelves":["a"]}`:        "the field popular_shelves[0] is a text, expected an object",
			`{"book_id":"1","title":"x","popular_shelves":[{"name":1}]}`: "the field popular_shelves[0].name is the number 1",
			`{"book_id":"1","title":"x","authors":[{"author_id":"99"}]}`: `author "99" does not stand in the file of authors`,
			`{"book_id":"1","title":["x"]}`:                              "the field title is a list",
		},
		"authors": {`{"author_id":"11","name":"x"}`: `author "11" stands there for the second time`, `{"author_id":"3"}`: "an author of Goodreads has no field name", `{"author_id":"","name":"x"}`: "author_id is empty"},
		"genres": {
			`{"book_id":"501","genres":{}}`: `book "501" stands there for the second time`, `{"book_id":"9"}`: "the genres of a book of Goodreads has no field genres", `{"book_id":"9","genres":["x"]}`: "the field genres is a list, expected an object",
			`{"book_id":"9","genres":{"x":"y"}}`: "the field genres.x is a text, expected a whole number", `{"book_id":"","genres":{}}`: "book_id is empty",
		},
	} {
		for line, want := range cases {
			form, place := "csv", key
			switch key {
			case "csv", "json":
				form, place = key, "path"
			}
			params := whole(t, form, signalRead)
			before, err := os.ReadFile(params[place].(string))
			if err != nil {
				t.Fatal(err)
			}
			path := formatstest.File(t, "file", string(before)+line+"\n")
			params[place] = path
			d := configured(t, params)
			_, err1 := formatstest.Interactions(d)
			_, err2 := formatstest.Texts(d)
			if key == "json" || key == "csv" {
				err2 = nil // the texts are those of reviews
			}
			err = errors.Join(err1, err2)
			prefix := fmt.Sprintf("%s:%d: ", path, strings.Count(string(before), "\n")+1)
			if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s: error %v, want %s%s", key, line, err, prefix, want)
			}
		}
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.File(t, "file.csv", "user,book\n1,2\n")})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `there is no column "user_id"`) {
		t.Errorf("another header: error %v", err)
	}
}

func TestFilesAndFoldersAreRecognised(t *testing.T) {
	guesses, err := newDataset().Sniff(t.Context(), tiny(t, ""))
	if err != nil || len(guesses) != 2 {
		t.Fatalf("%d guesses, %v", len(guesses), err)
	}
	for i, form := range []string{"csv", "json"} {
		want := whole(t, form, "")
		delete(want, "signal")
		delete(want, "shelves")
		if got := string(guesses[i].Params); got != string(formatstest.Params(t, want)) {
			t.Errorf("%s: %s, want %s", form, got, formatstest.Params(t, want))
		}
	}
	for name, recognised := range map[string]bool{
		"goodreads_interactions.csv": true, "goodreads_interactions_dedup.json": true, "goodreads_reviews_dedup.json": true, "goodreads_books.json": false, "user_id_map.csv": false, "goodreads_book_authors.json": false,
	} {
		if guesses, err := newDataset().Sniff(t.Context(), tiny(t, name)); err != nil || len(guesses) > 0 != recognised {
			t.Errorf("%s: %v, %v", name, guesses, err)
		}
	}
	dir := t.TempDir()
	for name, from := range map[string]string{"goodreads_interactions_poetry.json": "goodreads_interactions_dedup.json", "goodreads_books_poetry.json": "goodreads_books.json", "goodreads_interactions.csv": "goodreads_interactions.csv"} {
		text, err := os.ReadFile(tiny(t, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	guesses, err = newDataset().Sniff(t.Context(), dir)
	want := []string{fmt.Sprintf(`{"path":"%s/goodreads_interactions.csv"}`, dir), fmt.Sprintf(`{"books":"%s/goodreads_books_poetry.json","path":"%s/goodreads_interactions_poetry.json"}`, dir, dir)}
	if err != nil || len(guesses) != 2 || string(guesses[0].Params) != want[0] || string(guesses[1].Params) != want[1] {
		t.Errorf("of a genre, and numbers without maps: %s, %v", guesses, err)
	}
}

func FuzzLines(f *testing.F) {
	formatstest.AddLines(f, tiny(f, "goodreads_interactions_dedup.json"), tiny(f, "goodreads_reviews_dedup.json"),
		tiny(f, "goodreads_books.json"), tiny(f, "goodreads_book_authors.json"), tiny(f, "goodreads_book_genres_initial.json"))
	f.Fuzz(func(t *testing.T, line []byte) {
		l := lines.Line{Path: "f", Number: 3, Bytes: bytes.TrimSpace(line)}
		if len(l.Bytes) == 0 {
			return
		}
		p := Params{Signal: signalRead, Shelves: 3}
		err1 := p.shelving(l, func(_ contract.Part, r rows.Interaction) error {
			if r.User == "" || r.Item == "" || r.Value < 0 || r.Value > 5 {
				t.Fatalf("%q gives %+v", line, r)
			}
			return nil
		})
		err2 := addReview(l, &rows.Texts{Yield: func(*contract.TextChunk) error { return nil }})
		_, err3 := p.readBook(l, nil)
		_, _, err4 := readAuthor(l)
		_, _, err5 := readGenres(l)
		formatstest.OnlyDamage(t, "f:3: ", err1, err2, err3, err4, err5)
	})
}

func FuzzTable(f *testing.F) {
	for _, file := range []string{"goodreads_interactions.csv", "user_id_map.csv"} {
		text, err := os.ReadFile(tiny(f, file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := formatstest.File(t, "f", text)
		p := Params{Path: path, Signal: signalShelved, UserIDs: path}
		err1 := p.eachNumbered(t.Context(), func(contract.Part, rows.Interaction) error { return nil })
		p.UserIDs = ""
		err2 := p.eachNumbered(t.Context(), func(contract.Part, rows.Interaction) error { return nil })
		formatstest.OnlyDamage(t, path+":", err1, err2)
	})
}
