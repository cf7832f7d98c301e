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
	"cllm4rec/plugins/internal/formats/formatstest"
)

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

func TestImplicitRatingsAreKeptDroppedOrAlone(t *testing.T) {
	for implicit, want := range map[string][]string{
		"keep": {"276725|034545104X|0", "276726|0155061224|5", "276726|034545104X|10", "276727|X-14 é|0"},
		"drop": {"276726|0155061224|5", "276726|034545104X|10"},
		"only": {"276725|034545104X", "276727|X-14 é"},
	} {
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": sample(t, "bx"), "implicit": implicit})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", implicit, got, err)
		}
	}
	for name, want := range map[string][]string{"mirror": {"276725|034545104X|0", "276726|0155061224|5"}, "short": {"276725|034545104X|0"}} {
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": sample(t, name)})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// In one record of two of the samples title and author run together, as in three of
// the published file.
func TestBooksAreTextsInEveryForm(t *testing.T) {
	published := []string{
		`title|034545104X|The "Quiet" Mill; A Novel`, "brand|034545104X|Ana Orrin & Co", "title|0155061224|Été sans fin", "brand|0155061224|Zoë Varga",
		"title|078946697X|Readers: Kites (Level 4)", "brand|078946697X|Michael Tafel",
	}
	for name, want := range map[string][]string{"bx": published, "mirror": published, "short": {`title|034545104X|The "Quiet" Mill`, "brand|034545104X|Ana Orrin"}} {
		if got, err := formatstest.Texts(configured(t, map[string]any{"path": sample(t, name)})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestUsersAndBooksHaveAttributes(t *testing.T) {
	published := "user 276726 age 18|user 276725 location tyler, texas, usa|user 276726 location málaga, andalucía, spain|user 276727 location n/a, n/a, n/a|" +
		"user 276725 country usa|user 276726 country spain|item 034545104X author Ana Orrin & Co|item 0155061224 author Zoë Varga|item 078946697X author Michael Tafel|" +
		"item 034545104X publisher Ballast Books|item 0155061224 publisher Éditions du Pré|item 078946697X publisher DP Publishing|item 034545104X year 2002|item 078946697X year 2000"
	for name, want := range map[string]string{
		"bx": published, "mirror": published,
		"short": "user 276726 age 18|item 034545104X author Ana Orrin|item 034545104X publisher Ballast Books|item 034545104X year 2002",
	} {
		got, err := formatstest.Attributes(configured(t, map[string]any{"path": sample(t, name)}))
		if text := strings.Join(got, "|"); err != nil || text != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestDamagedRecordsAreNamedOrLeftOut(t *testing.T) {
	const ratings, books, users = "BX-Book-Ratings.csv", "BX-Books.csv", "BX-Users.csv"
	header := map[string]string{ratings: "\"User-ID\";\"ISBN\";\"Book-Rating\"\n", books: "\"ISBN\";\"Book-Title\";\"Book-Author\";\"Year-Of-Publication\";\"Publisher\"\n", users: "\"User-ID\";\"Location\";\"Age\"\n"}
	for _, c := range []struct{ file, lines, want string }{
		{ratings, `"1";"2"`, "2 fields, expected 3 fields"},
		{ratings, `"";"2";"3"`, "column User-ID is empty, expected a user"},
		{ratings, `"1";" ";"3"`, "expected a book"},
		{ratings, `"1";"2";"11"`, `column Book-Rating is "11", expected a whole number from 1 to 10`},
		{ratings, `"1";"2";"-1"`, "from 1 to 10"},
		{ratings, `"1";"2";"4.5"`, "from 1 to 10"},
		{books, `"1";"T";"A";"DK";"P"`, `column Year-Of-Publication is "DK", expected a whole number`},
		{books, `"";"T";"A";"2000";"P"`, "expected an identifier"},
		{books, `"1";"T";"A";"2000"`, "4 fields, expected 5 fields"},
		{books, `"1";"T\";A";"2000"`, "3 fields, expected 5 fields"},
		{users, `"1";"x, y, z";"young"`, `column Age is "young", expected a number`},
		{users, `"1";"x, y, z"`, "2 fields, expected 3 fields"},
	} {
		dir := formatstest.Copy(t, sample(t, "bx"), map[string]string{c.file: header[c.file] + c.lines + "\n"})
		for _, choice := range []string{"error", "skip"} {
			d := configured(t, map[string]any{"path": dir, "malformed": choice})
			_, err := formatstest.Interactions(d)
			if c.file != ratings {
				_, err = formatstest.Attributes(d)
			}
			named := errors.Is(err, contract.ErrBadData) && strings.HasPrefix(err.Error(), filepath.Join(dir, c.file)+":2: ") && strings.Contains(err.Error(), c.want)
			if choice == "error" && !named || choice == "skip" && err != nil {
				t.Errorf("%s %q, %s: error %v, want %q", c.file, c.lines, choice, err, c.want)
			}
		}
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	for _, c := range []struct{ file, content, place, want string }{
		{"Books.csv", "ISBN,Name\n1,x\n", ":1: ", "there is no column Book-Title or Title; the header has [\"ISBN\" \"Name\"]"},
		{"Books.csv", "ISBN,Title\n1,x\n1,y\n", ":3: ", `book "1" stands in line 2 already`},
		{"Books.csv", "ISBN,Title\n1,\"x\n", ":2: ", "never ends"},
		{"Books.csv", "ISBN,Title\n1,\"x\" y\n", ":2: ", "text follows a closing quote"},
		{"Books.csv", "", ": ", "in which titles and authors stand"},
		{"Users.csv", "User-ID,Age\n1,2\n1,2\n", ":3: ", `user "1" stands in line 2 already`},
		{"Users.csv", "User-ID,Age\n1\n", ":2: ", "1 field, expected 2 fields"},
		{"Users.csv", "", ": ", "in which locations and ages stand"},
	} {
		dir := formatstest.Copy(t, sample(t, "mirror"), map[string]string{c.file: c.content})
		d := configured(t, map[string]any{"path": dir})
		read := formatstest.Texts
		if c.file == "Users.csv" {
			read = func(contract.Dataset) ([]string, error) { return formatstest.Attributes(d) }
		}
		if _, err := read(d); !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), filepath.Join(dir, c.file)+c.place) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: error %v, want %q", c.file, c.content, err, c.want)
		}
	}
	dir := formatstest.Copy(t, sample(t, "bx"), nil)
	d := configured(t, map[string]any{"path": dir, "encoding": "utf-8"})
	if _, err := formatstest.Interactions(d); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "BX-Book-Ratings.csv:5: ") {
		t.Errorf("Latin-1 as UTF-8: %v", err)
	}
	whole := formatstest.Zipped(strings.Repeat("User-ID,ISBN,Rating\n", 100))
	path := filepath.Join(t.TempDir(), "Ratings.csv.gz")
	if err := os.WriteFile(path, []byte(whole[:len(whole)-10]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": filepath.Dir(path)})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("truncated: %v", err)
	}
}

func TestParametersAndFoldersThatDoNotFitAreRefused(t *testing.T) {
	both := formatstest.Copy(t, sample(t, "bx"), nil)
	if err := os.CopyFS(both, os.DirFS(sample(t, "mirror"))); err != nil {
		t.Fatal(err)
	}
	above := formatstest.Above(t, sample(t, "bx"), "BX-CSV-Dump")
	for params, want := range map[string]string{
		fmt.Sprintf(`{"path":%q}`, above):            "it has BX-Book-Ratings.csv, or Ratings.csv as mirrors have it; the folder holds \"BX-CSV-Dump\"; the data set lies in " + filepath.Join(above, "BX-CSV-Dump"),
		`{"path":"testdata/bx/BX-Books.csv"}`:        "is a file; expected the folder",
		`{"path":"testdata/bx","implicit":"ignore"}`: "ignore",
		`{"path":"testdata/bx","implict":"drop"}`:    "implict",
		fmt.Sprintf(`{"path":%q}`, both):             "holds BX-Book-Ratings.csv and Ratings.csv",
		`{}`:                                         "path",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !contract.IsBadInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.Texts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: %v", err)
	}
}

func TestSniffFindsEveryForm(t *testing.T) {
	for name, want := range map[string]string{"bx": "Book-Crossing, its BX-Book-Ratings.csv", "mirror": "Book-Crossing, its Ratings.csv", "short": "Book-Crossing, its Ratings.csv"} {
		if got, err := newDataset().Sniff(t.Context(), sample(t, name)); err != nil || len(got) != 1 || got[0].Why != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := newDataset().Sniff(t.Context(), formatstest.Copy(t, sample(t, "mirror"), map[string]string{"Ratings.csv": "user,movie,rating\n"})); err != nil || len(got) != 0 {
		t.Errorf("ratings of something else: %+v, %v", got, err)
	}
	if got, err := newDataset().Sniff(t.Context(), filepath.Dir(sample(t, "bx"))); err != nil || len(got) != 1 || !strings.Contains(string(got[0].Params), sample(t, "bx")) {
		t.Errorf("one folder down: %+v, %v", got, err)
	}
}

// A user may name a folder above everything: no tree is walked.
func TestNoFolderBelowTheNextOneIsLookedAt(t *testing.T) {
	formatstest.NoTreeIsWalked(t, newDataset(), sample(t, "bx"))
}

func FuzzFiles(f *testing.F) {
	formatstest.FuzzSamples(f, []formatstest.Sample{
		{Folder: "bx", File: "BX-Book-Ratings.csv"}, {Folder: "bx", File: "BX-Books.csv"}, {Folder: "bx", File: "BX-Users.csv"},
		{Folder: "mirror", File: "Ratings.csv"}, {Folder: "mirror", File: "Books.csv"}, {Folder: "mirror", File: "Users.csv"}, {Folder: "short", File: "Books.csv"},
	}, func(t *testing.T, s formatstest.Sample, dir string, skip bool) {
		params := map[string]any{"path": dir}
		if skip {
			params["malformed"] = "skip"
		}
		formatstest.OnlyDamage(t, filepath.Join(dir, s.File)+":", formatstest.Errors(configured(t, params))...)
	})
}
