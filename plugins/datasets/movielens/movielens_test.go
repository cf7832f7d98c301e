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

func TestRatingsOfEveryReleaseAreRead(t *testing.T) {
	for name, want := range map[string][]string{
		"ml-100k": {"3|1|4|881250949", "1|2|3|891717742", "3|2|1|878887116", "2|3|5|880606923", "1|3|2|886397596"},
		"ml-1m":   {"1|1193|5|978300760", "1|661|3|978302109", "2|1193|4|978298413", "2|2|1|978299000"},
		"ml-10m":  {"1|122|5|838985046", "1|185|4.5|838983525", "2|122|0.5|868245777"},
		"ml-20m":  {"1|2|3.5|1112486027", "1|29|0.5|1112484676", "2|2|5|1112484819"},
	} {
		d := configured(t, map[string]any{"path": sample(t, name)})
		if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRatingsAreReadHoweverTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{"1": "1", "5": "5", "0.5": "0.5", "4.5": "4.5", "5.0": "5", "3.50": "3.5", " 2": "2", "1e0": "1"} {
		dir := formatstest.Folder(t, map[string]string{"u.data": "1\t2\t" + text + "\t4\n"})
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); err != nil || !slices.Equal(got, []string{"1|2|" + want + "|4"}) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestIdentifiersOfAnySizeStayWhatTheyAre(t *testing.T) {
	n := newNumbers("f", "user")
	for range 2 {
		for _, id := range []string{"1", "0", "007", "7", "1048575", "1048576", "99999999999999999999999"} {
			if got, known := n.of([]byte(id)); got != id || !known {
				t.Errorf("%q: %q, %v", id, got, known)
			}
		}
	}
	for _, id := range []string{"", "-1", "1a", "a", "99999999999999999999999a", "1.5", " 1"} {
		if got, known := n.of([]byte(id)); known {
			t.Errorf("%q is taken for the number %q", id, got)
		}
	}
	text := []byte("1234")
	if allocations := testing.AllocsPerRun(100, func() { n.of(text) }); allocations != 0 {
		t.Errorf("%v allocations for an identifier that is known", allocations)
	}
}

func TestAFoldIsAGivenSplit(t *testing.T) {
	for name, c := range map[string]struct {
		fold string
		want []string
	}{
		"ml-100k": {"u1", []string{"train|1|2|3|891717742", "train|2|3|5|880606923", "train|3|1|4|881250949", "test|1|3|2|886397596", "test|3|2|1|878887116"}},
		"ml-10m":  {"r1", []string{"train|1|122|5|838985046", "train|2|122|0.5|868245777", "test|1|185|4.5|838983525"}},
	} {
		d := configured(t, map[string]any{"path": sample(t, name), "fold": c.fold})
		if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	alone := formatstest.Folder(t, map[string]string{"u2.base": "1\t2\t3\t4\n", "u2.test": "1\t3\t3\t4\n"})
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": alone, "fold": "u2"})); err != nil || len(got) != 2 {
		t.Errorf("a fold without u.data: %q, %v", got, err)
	}
}

func TestTitlesGenresAndTagsAreTexts(t *testing.T) {
	for name, c := range map[string]struct {
		more map[string]any
		want []string
	}{
		"ml-100k": {nil, []string{
			"title|1|Harbour Lights (1995)", "categories|1|Comedy, Drama", "title|2|Été à la mer, Un (Summer by the Sea, A) (1962)", "categories|2|Drama, Romance",
			"title|3|unknown", "title|4|Dragon Valley III: Home (1996) (V)", "categories|4|Animation, Children's",
		}},
		"ml-1m": {map[string]any{"title": "without_year"}, []string{
			"title|661|Clockwork Orchard", "categories|661|Animation, Children's, Musical", "title|1193|Señorita and the Whale, The", "categories|1193|Drama",
			"title|2|Empty Reels", "categories|2|Comedy",
		}},
		"ml-10m": {map[string]any{"tags": "all"}, []string{
			"title|122|Rainy Café (1992)", "categories|122|Comedy, Romance", "tags|122|café, excellent!",
			"title|185|Wire, The (1995)", "categories|185|Action, Crime, Thriller", "tags|185|wires",
		}},
		"ml-20m": {map[string]any{"tags": "all"}, []string{
			"title|2|Kites, The (1995)", "categories|2|Adventure, Children, Fantasy", "tags|2|kites, wind, sky",
			`title|29|Night of "Owls" (Nuit des hiboux, La) (1994)`, "tags|29|owls", "title|30|Unrated", "categories|30|Drama",
		}},
	} {
		params := map[string]any{"path": sample(t, name)}
		for key, value := range c.more {
			params[key] = value
		}
		if got, err := formatstest.Texts(configured(t, params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := formatstest.Texts(configured(t, map[string]any{"path": sample(t, "ml-10m")})); err != nil || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "tags") }) {
		t.Errorf("tags that nobody asked for: %q, %v", got, err)
	}
}

func TestUsersAndMoviesHaveAttributes(t *testing.T) {
	for name, want := range map[string]string{
		"ml-100k": "user 1 age 24|user 2 age 53|user 3 age 23|user 1 gender M|user 2 gender F|user 3 gender M|" +
			"user 1 occupation technician|user 2 occupation other|user 3 occupation writer|" +
			"item 1 genres [Comedy Drama]|item 2 genres [Drama Romance]|item 4 genres [Animation Children's]|item 1 year 1995|item 2 year 1962|item 4 year 1996",
		"ml-1m": "user 1 age_range under 18|user 2 age_range 56+|user 1 gender F|user 2 gender M|user 1 occupation K-12 student|user 2 occupation self-employed|" +
			"item 661 genres [Animation Children's Musical]|item 1193 genres [Drama]|item 2 genres [Comedy]|item 661 year 1996|item 1193 year 1975",
		"ml-20m": "item 2 genres [Adventure Children Fantasy]|item 30 genres [Drama]|item 2 year 1995|item 29 year 1994",
	} {
		got, err := formatstest.Attributes(configured(t, map[string]any{"path": sample(t, name)}))
		if text := strings.Join(got, "|"); err != nil || text != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestTheYearOfATitleIsFoundAndTakenOff(t *testing.T) {
	for title, want := range map[string]string{
		"Toy Story (1995)": "Toy Story 1995", "Land (1995) (V)": "Land (V) 1995", "1984 (1984)": "1984 1984", "Series (2006–2007)": "Series (2006–2007) 0",
		"Title": "Title 0", "(1995)": " 1995", "A (1995) b": "A (1995) b 0", "X (19955)": "X (19955) 0", "": " 0",
	} {
		if short, n := dated(title, true); fmt.Sprint(short, " ", n) != want {
			t.Errorf("%q: %q, %d", title, short, n)
		}
		if whole, _ := dated(title, false); whole != title {
			t.Errorf("%q became %q", title, whole)
		}
	}
}

func TestConvertedAndCompressedFilesReadTheSame(t *testing.T) {
	want, err := formatstest.Texts(configured(t, map[string]any{"path": sample(t, "ml-100k")}))
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(sample(t, "ml-100k"), "u.item"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, b := range old {
		text.WriteRune(rune(b)) // Latin-1 is the first 256 characters
	}
	ratings := "3\t1\t4\t881250949\r\n"
	for what, files := range map[string]map[string]string{
		"UTF-8": {"u.item": text.String(), "u.data": ratings}, "gzip": {"u.item.gz": formatstest.Zipped(string(old)), "u.data.gz": formatstest.Zipped(ratings)},
	} {
		d := configured(t, map[string]any{"path": formatstest.Folder(t, files)})
		if got, err := formatstest.Texts(d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, []string{"3|1|4|881250949"}) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	strict := configured(t, map[string]any{"path": sample(t, "ml-100k"), "encoding": "utf-8"})
	if _, err := formatstest.Texts(strict); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "u.item:2: ") || !strings.Contains(err.Error(), "not UTF-8") {
		t.Errorf("Latin-1 as UTF-8: %v", err)
	}
}

func TestWhatAFolderHoldsDecidesTheRelease(t *testing.T) {
	ratings := map[string]string{"ratings.dat": "1::2::3::4\n"}
	for what, c := range map[string]struct {
		path, release, want string
	}{
		"no release":     {formatstest.Folder(t, map[string]string{"reviews.json": "{}"}), "auto", `no MovieLens release lies there: 100k has u.data, 1m has ratings.dat and users.dat, 10m has ratings.dat and tags.dat, 20m/25m/32m/latest/latest-small has ratings.csv; the folder holds "reviews.json"`},
		"two releases":   {formatstest.Folder(t, map[string]string{"u.data": "", "ratings.csv": ""}), "auto", "holds files of 100k and of 20m/25m"},
		"1m or 10m":      {formatstest.Folder(t, ratings), "auto", "set release: 1m or release: 10m"},
		"another":        {sample(t, "ml-100k"), "1m", "release 1m does not lie there: 100k has u.data"},
		"above":          {filepath.Dir(sample(t, "ml-100k")), "auto", "; release 100k lies in " + sample(t, "ml-100k")},
		"a file":         {filepath.Join(sample(t, "ml-100k"), "u.data"), "auto", "is a file; expected the folder"},
		"nothing at all": {filepath.Join(t.TempDir(), "none"), "auto", "no such file or folder"},
	} {
		_, err := newDataset().Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"path":%q,"release":%q}`, c.path, c.release)))
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", what, err, c.want)
		}
	}
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.Folder(t, ratings), "release": "10m"})); err != nil || len(got) != 1 {
		t.Errorf("a release that is named: %q, %v", got, err)
	}
	two := map[string]any{"path": formatstest.Folder(t, map[string]string{"u.data": "", "ratings.csv": "userId,movieId,rating,timestamp\n1,2,3,4\n"}), "release": "25m"}
	if got, err := formatstest.Interactions(configured(t, two)); err != nil || len(got) != 1 {
		t.Errorf("one of two: %q, %v", got, err)
	}
}

func TestAReadmeTellsReleasesOfOneFormApartAndOtherFilesAreNotRead(t *testing.T) {
	for name, want := range map[string]string{"ml-20m": "20m", "ml-100k": "100k"} {
		s, err := Params{Path: sample(t, name), Release: "auto", Tags: "none"}.open()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.release.exactly(t.Context(), s.Folder); got != want {
			t.Errorf("%s: %s", name, got)
		}
		if ignored := map[string][]string{"ml-20m": {"links.csv"}}[name]; !slices.Equal(s.notRead(), ignored) {
			t.Errorf("%s: %q are not read, want %q", name, s.notRead(), ignored)
		}
	}
}

func TestParametersThatDoNotFitTheReleaseAreRefused(t *testing.T) {
	for params, want := range map[string]string{
		`{"path":"testdata/ml-1m","fold":"u1"}`:        "release 1m has no fold u1; 100k has u1 to u5",
		`{"path":"testdata/ml-100k","fold":"u2"}`:      "u2.base: no such file (plain, .gz or .zst), in which the training ratings of fold u2 stand",
		`{"path":"testdata/ml-100k","fold":"r1"}`:      "no fold r1",
		`{"path":"testdata/ml-100k","fold":"u6"}`:      "u6",
		`{"path":"testdata/ml-100k","tags":"all"}`:     "tags: release 100k has none",
		`{"path":"testdata/ml-100k","release":"100K"}`: "100K",
		`{"path":"testdata/ml-100k","titel":"full"}`:   "titel",
		`{}`: "path",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !contract.IsBadInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.Texts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: %v", err)
	}
}

func TestDamagedRatingsAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"1\t2\t3":               "3 fields, expected 4 fields",
		"1\t2\t3\t4\t5":         "5 fields, expected 4 fields",
		"1::2::3::4":            "1 field, expected 4 fields",
		"u1\t2\t3\t4":           `column userId is "u1", expected a whole number`,
		"1\t\t3\t4":             "column movieId is empty, expected a whole number",
		"1\t2\tfive\t4":         `column rating is "five", expected a number`,
		"1\t2\tNaN\t4":          `column rating is "NaN"`,
		"1\t2\t0\t4":            "expected stars from 0.5 to 5 in steps of 0.5",
		"1\t2\t4.7\t4":          "expected stars from 0.5 to 5 in steps of 0.5",
		"1\t2\t3\t881250949000": "expected whole seconds since 1970",
		"1\t2\t3\t-1":           "expected whole seconds since 1970",
		"1\t2\t3\t1.5":          "expected whole seconds since 1970",
		"1\t2\t3\t4\xff":        "not UTF-8",
	} {
		dir := formatstest.Copy(t, sample(t, "ml-100k"), map[string]string{"u.data": "1\t2\t3\t4\n" + line + "\n1\t3\t3\t4\n"})
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": dir}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), filepath.Join(dir, "u.data")+":2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", line, err, want)
		}
	}
	dir := formatstest.Copy(t, sample(t, "ml-20m"), map[string]string{"ratings.csv": "user,movieId,rating,timestamp\n1,2,3,4\n"})
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `ratings.csv:1: there is no column "userId"`) {
		t.Errorf("another header: %v", err)
	}
	whole := formatstest.Zipped(strings.Repeat("1\t2\t3\t4\n", 1000))
	dir = formatstest.Folder(t, map[string]string{"u.data.gz": whole[:len(whole)-10]})
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("a truncated file: %v", err)
	}
}

func TestDamagedFilesBesideTheRatingsAreNamed(t *testing.T) {
	zeros := strings.Repeat("|0", 18)
	for _, c := range []struct{ release, file, content, place, want string }{
		{"ml-100k", "u.item", "1|A||||0" + zeros + "\n1|B||||0" + zeros, ":2: ", "movie 1 stands in line 1 already"},
		{"ml-100k", "u.item", "1|A||||0" + zeros + "\nx|B||||0" + zeros, ":2: ", `column movie is "x"`},
		{"ml-100k", "u.item", "1|A||||2" + zeros, ":1: ", `column unknown is "2", expected 1 for a movie of the genre, else 0`},
		{"ml-100k", "u.item", "1|A||||0|0", ":1: ", "7 fields, expected 24 fields"},
		{"ml-100k", "u.item", "", ": ", "in which titles and genres stand"},
		{"ml-100k", "u.user", "1|24|M|technician|85711\n1|24|M|technician|85711", ":2: ", "user 1 stands in line 1 already"},
		{"ml-100k", "u.user", "1|old|M|technician|85711", ":1: ", `column age is "old", expected years from 1 to 120`},
		{"ml-100k", "u.user", "1|24|X|technician|85711", ":1: ", `column gender is "X", expected F or M`},
		{"ml-100k", "u.user", "", ": ", "in which age, gender and occupation stand"},
		{"ml-1m", "users.dat", "1::F::2::10::48067", ":1: ", `column age is "2", expected 1, 18, 25`},
		{"ml-1m", "users.dat", "1::F::1::21::48067", ":1: ", `column occupation is "21", expected the number of an occupation, from 0 to 20`},
		{"ml-20m", "tags.csv", "userId,movieId,tag,timestamp\n1,2,\"no end,4\n", ":2: ", "never ends"},
		{"ml-20m", "tags.csv", "userId,movieId,tag,timestamp\n1,x,tag,4\n", ":2: ", "expected whole numbers"},
		{"ml-20m", "tags.csv", "userId,movieId,tag,timestamp\n1,2,tag,yesterday\n", ":2: ", "expected whole seconds since 1970"},
		{"ml-20m", "tags.csv", "", ": ", "in which the tags stand"},
	} {
		dir := formatstest.Copy(t, sample(t, c.release), map[string]string{c.file: c.content})
		params := map[string]any{"path": dir}
		if c.file == "tags.csv" {
			params["tags"] = "all"
		}
		d := configured(t, params)
		read := formatstest.Texts
		if strings.Contains(c.file, "user") {
			read = func(contract.Dataset) ([]string, error) { return formatstest.Attributes(d) }
		}
		if _, err := read(d); !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), filepath.Join(dir, c.file)+c.place) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s %q: error %v, want %q", c.file, c.release, c.content, err, c.want)
		}
	}
}

func TestSniffFindsEveryReleaseAndItsFold(t *testing.T) {
	for name, want := range map[string]string{
		"ml-100k": "MovieLens 100k; MovieLens 100k, its fold u1 as a given split", "ml-1m": "MovieLens 1m", "ml-10m": "MovieLens 10m; MovieLens 10m, its fold r1 as a given split", "ml-20m": "MovieLens 20m",
	} {
		got, err := newDataset().Sniff(t.Context(), sample(t, name))
		var whys []string
		for _, g := range got {
			whys = append(whys, g.Why)
			if _, err := newDataset().Configure(t.Context(), g.Params); err != nil || g.Confidence != contract.ConfidenceCertain {
				t.Errorf("%s: guess %s (%s): %v", name, g.Params, g.Confidence, err)
			}
		}
		if text := strings.Join(whys, "; "); err != nil || text != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if got, err := newDataset().Sniff(t.Context(), formatstest.Copy(t, sample(t, "ml-100k"), map[string]string{"u.data": "prose\n"})); err != nil || len(got) != 1 || !strings.Contains(got[0].Why, "fold") {
		t.Errorf("u.data of something else: %+v, %v", got, err)
	}
}

func TestSniffLooksOneFolderDown(t *testing.T) {
	top := formatstest.Above(t, sample(t, "ml-1m"), "ml-1m")
	got, err := newDataset().Sniff(t.Context(), top)
	if err != nil || len(got) != 1 || !strings.Contains(string(got[0].Params), filepath.Join(top, "ml-1m")) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A user may name a folder above everything: no tree is walked.
func TestNoFolderBelowTheNextOneIsLookedAt(t *testing.T) {
	formatstest.NoTreeIsWalked(t, newDataset(), sample(t, "ml-100k"))
}

func FuzzFiles(f *testing.F) {
	formatstest.FuzzSamples(f, []formatstest.Sample{
		{Folder: "ml-100k", File: "u.data"}, {Folder: "ml-100k", File: "u.item"}, {Folder: "ml-100k", File: "u.user"},
		{Folder: "ml-1m", File: "ratings.dat"}, {Folder: "ml-1m", File: "movies.dat"}, {Folder: "ml-1m", File: "users.dat"},
		{Folder: "ml-10m", File: "ratings.dat"}, {Folder: "ml-10m", File: "movies.dat"}, {Folder: "ml-10m", File: "tags.dat"},
		{Folder: "ml-20m", File: "ratings.csv"}, {Folder: "ml-20m", File: "movies.csv"}, {Folder: "ml-20m", File: "tags.csv"},
	}, func(t *testing.T, s formatstest.Sample, dir string, tags bool) {
		params := map[string]any{"path": dir}
		if tags && (s.Folder == "ml-10m" || s.Folder == "ml-20m") {
			params["tags"] = "all"
		}
		formatstest.OnlyDamage(t, filepath.Join(dir, s.File)+":", formatstest.Errors(configured(t, params))...)
	})
}
