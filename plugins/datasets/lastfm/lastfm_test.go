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
	"cllm4rec/plugins/internal/formats/formatstest"
)

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

// The times are those of `date -u -d 2009-05-04T23:08:57Z +%s`.
func TestPlaysOfEveryReleaseAreRead(t *testing.T) {
	for _, c := range []struct {
		name string
		more map[string]any
		want []string
	}{
		{"360k", nil, []string{"00a1|3bd73256-0001|2137", `00a1|the nameless "five"|1099`, "00b2|3bd73256-0001|12", "00b2|4c1a0000-0002|0"}},
		{"1k", nil, []string{
			"user_000001|f1b1cf71-01|1241478537", "user_000001|f1b1cf71-01|1241445250", "user_000001|a7f7df4a-03|1241445124", "user_000001|f1b1cf71-01|1241444572",
			"user_000002|No Name Trio|1240221600", "user_000002|a7f7df4a-03|1240135200",
		}},
		{"1k", map[string]any{"item": "track", "plays": "counts"}, []string{
			"user_000001|Underwater / Rain, I'm Early (Live)|1|1241478537", "user_000001|dc394163-02|2|1241445250", "user_000001|76a69f38-04|1|1241445124",
			"user_000002|No Name Trio / Open Window|1|1240221600", "user_000002|76a69f38-04|1|1240135200",
		}},
		{"hetrec", nil, []string{"2|51|13883", "2|52|11690", "3|51|12"}},
		{"hetrec", map[string]any{"plays": "counts"}, []string{"2|51|13883", "2|52|11690", "3|51|12"}},
		{"lfm-1b", map[string]any{"item": "track"}, []string{"31435840|4|1385212958", "31435840|4|1385212642", "31435840|5|1385212325", "53|6|1386884537"}},
		{"lfm-1b", map[string]any{"plays": "counts"}, []string{"31435840|2|3|1385212958", "53|3|1|1386884537"}},
	} {
		params := map[string]any{"path": sample(t, c.name)}
		for key, value := range c.more {
			params[key] = value
		}
		if got, err := formatstest.Interactions(configured(t, params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %q, %v", c.name, c.more, got, err)
		}
	}
}

func TestNamesAndTagsAreTexts(t *testing.T) {
	for _, c := range []struct {
		name string
		more map[string]any
		want []string
	}{
		{"360k", nil, []string{"title|3bd73256-0001|betty blowtorch", `title|the nameless "five"|the nameless "five"`, "title|4c1a0000-0002|été"}},
		{"1k", nil, []string{"title|f1b1cf71-01|Underwater", "title|a7f7df4a-03|Aya & Sons", "title|No Name Trio|No Name Trio"}},
		{"1k", map[string]any{"item": "track"}, []string{
			"title|Underwater / Rain, I'm Early (Live)|Rain, I'm Early (Live)", "brand|Underwater / Rain, I'm Early (Live)|Underwater", "title|dc394163-02|Composition 07", "brand|dc394163-02|Underwater",
			`title|76a69f38-04|Mind "the" Wall`, "brand|76a69f38-04|Aya & Sons", "title|No Name Trio / Open Window|Open Window", "brand|No Name Trio / Open Window|No Name Trio",
		}},
		{"hetrec", nil, []string{"title|51|Duo Naïf", "title|52|The Hollow Reeds"}},
		{"hetrec", map[string]any{"tags": "all"}, []string{"title|51|Duo Naïf", "tags|51|chanson française, metal", "title|52|The Hollow Reeds", "tags|52|chillout"}},
		{"lfm-1b", map[string]any{"item": "album"}, []string{"title|4|Platform One", "title|5|Sidings", "title|6|Night"}},
		{"lfm-1b", nil, []string{"title|2|Local Trains", "title|3|Åsa & the Owls"}},
	} {
		params := map[string]any{"path": sample(t, c.name)}
		for key, value := range c.more {
			params[key] = value
		}
		if got, err := formatstest.Texts(configured(t, params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %q, %v", c.name, c.more, got, err)
		}
	}
}

func TestUsersHaveAttributesWhereTheyToldThem(t *testing.T) {
	for name, want := range map[string]string{
		"360k":   "user 00a1 gender f|user 00b2 gender m|user 00a1 age 22|user 00a1 country Germany",
		"1k":     "user user_000001 gender m|user user_000002 gender f|user user_000002 age 24|user user_000001 country Japan",
		"hetrec": "",
		"lfm-1b": "user 31435840 gender n|user 53 gender f|user 53 age 24|user 31435840 country US|user 53 country BR",
	} {
		got, err := formatstest.Attributes(configured(t, map[string]any{"path": sample(t, name)}))
		if text := strings.Join(got, "|"); err != nil || text != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestCountingNeedsTheUsersPlaysTogether(t *testing.T) {
	dir := formatstest.Copy(t, sample(t, "lfm-1b"), map[string]string{"LFM-1b_LEs.txt": "1\t2\t3\t4\t5\n2\t2\t3\t4\t5\n1\t2\t3\t4\t5\n"})
	for _, choice := range []string{"error", "skip"} {
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": dir, "plays": "counts", "malformed": choice}))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `LEs.txt:3: plays of user "1" stand further up`) {
			t.Errorf("%s: %v", choice, err)
		}
	}
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); err != nil || len(got) != 3 {
		t.Errorf("each play: %q, %v", got, err)
	}
}

// Counted here or by the host's filter, the split is the same to the fingerprint.
func TestCountsAreThoseThatTheHostMakesOfEachPlay(t *testing.T) {
	var file strings.Builder
	for i := range 20000 {
		_, _ = fmt.Fprintf(&file, "%d\t%d\t1\t1\t%d\n", i/500, i*i%97, 1_000_000_000+i*7919%5000)
	}
	dir := formatstest.Copy(t, sample(t, "lfm-1b"), map[string]string{"LFM-1b_LEs.txt": file.String()})
	load := func(plays string, filter data.Filter) *data.Split {
		d := configured(t, map[string]any{"path": dir, "plays": plays})
		s, err := data.Load(t.Context(), d, data.Options{Name: plays, Filter: filter, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	here, there := load("counts", data.Filter{}), load("as_published", data.Filter{Duplicates: data.DuplicatesCount})
	if here.Fingerprint != there.Fingerprint || here.Audit.Interactions == 0 || there.Audit.Dropped.Duplicates != 20000-here.Audit.Interactions {
		t.Errorf("%d counts and %d of the host, of %d plays", here.Audit.Interactions, there.Audit.Interactions, there.Audit.Dropped.Read)
	}
}

func TestDamagedPlaysAreNamedOrLeftOut(t *testing.T) {
	files := map[string]string{"360k": "usersha1-artmbid-artname-plays.tsv", "1k": "userid-timestamp-artid-artname-traid-traname.tsv", "hetrec": "user_artists.dat", "lfm-1b": "LFM-1b_LEs.txt"}
	good := map[string]string{"360k": "u\ti\tn\t1", "1k": "u\t2009-05-04T23:08:57Z\ti\tn\tt\tm", "hetrec": "userID\tartistID\tweight", "lfm-1b": "1\t2\t3\t4\t5"}
	for _, c := range []struct{ name, line, want string }{
		{"360k", "u\ti\tn", "3 fields, expected 4 fields, which are user, artist MBID, artist, plays"},
		{"360k", "u\ti\tn\tx\t1", "5 fields"},
		{"360k", "\ti\tn\t1", "column user is empty, expected a user"},
		{"360k", "u\t \t\t1", "column artist MBID and column artist are empty, expected one of them"},
		{"360k", "u\ti\tn\tmany", `column plays is "many", expected a number of plays`},
		{"360k", "u\ti\tn\t-1", `column plays is "-1", expected a number of plays`},
		{"1k", "u\tMay 4, 2009\ti\tn\tt\tm", `column timestamp is "May 4, 2009"`},
		{"1k", "u\t\ti\tn\tt\tm", "column timestamp is empty, expected a time"},
		{"hetrec", "2\t\t3", "column artistID is empty, expected the identifier of an artist"},
		{"lfm-1b", "1\t2\t3\t4\tnow", `column timestamp is "now"`},
	} {
		dir := formatstest.Copy(t, sample(t, c.name), map[string]string{files[c.name]: good[c.name] + "\n" + c.line + "\n"})
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": dir}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), filepath.Join(dir, files[c.name])+":2: ") || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "malformed: skip") {
			t.Errorf("%s %q: error %v, want %q", c.name, c.line, err, c.want)
		}
		got, err := formatstest.Interactions(configured(t, map[string]any{"path": dir, "malformed": "skip"}))
		if want := map[bool]int{true: 0, false: 1}[c.name == "hetrec"]; err != nil || len(got) != want {
			t.Errorf("%s %q left out: %q, %v", c.name, c.line, got, err)
		}
	}
}

func TestDamagedFilesBesideThePlaysAreNamed(t *testing.T) {
	for _, c := range []struct{ name, file, content, place, want string }{
		{"360k", "usersha1-profile.tsv", "u\tf\told\t\t\n", ":1: ", `column age is "old", expected a whole number`},
		{"360k", "usersha1-profile.tsv", "u\tf\t1\t\t\nu\tf\t1\t\t\n", ":2: ", `user "u" stands in line 1 already`},
		{"360k", "usersha1-profile.tsv", "u\tf\t1\n", ":1: ", "3 fields, expected 5 fields"},
		{"360k", "usersha1-profile.tsv", "", ": ", "in which gender, age and country of users stand"},
		{"1k", "userid-profile.tsv", "#id\tsex\tage\tcountry\tregistered\n", ":1: ", `there is no column "gender"`},
		{"hetrec", "artists.dat", "id\tname\n\tx\n", ":2: ", "column id is empty, expected an identifier"},
		{"hetrec", "artists.dat", "", ": ", "in which the names of artists stand"},
		{"hetrec", "tags.dat", "tagID\tvalue\n", ":1: ", `there is no column "tagValue"`},
		{"hetrec", "user_taggedartists.dat", "userID\tartistID\ttagID\n2\t52\t99\n", ":2: ", `column tagID is "99", expected the number of a tag in tags.dat`},
		{"hetrec", "user_taggedartists.dat", "", ": ", "in which the tags of artists stand"},
	} {
		dir := formatstest.Copy(t, sample(t, c.name), map[string]string{c.file: c.content})
		params := map[string]any{"path": dir}
		if c.name == "hetrec" {
			params["tags"] = "all"
		}
		d := configured(t, params)
		read := formatstest.Texts
		if strings.Contains(c.file, "profile") {
			read = func(contract.Dataset) ([]string, error) { return formatstest.Attributes(d) }
		}
		if _, err := read(d); !contract.IsBadInput(err) || !strings.HasPrefix(err.Error(), filepath.Join(dir, c.file)+c.place) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s %q: error %v, want %q", c.file, c.name, c.content, err, c.want)
		}
	}
}

func TestConvertedAndCompressedFilesReadTheSame(t *testing.T) {
	utf8 := "tagID\ttagValue\n1\tmetal\n13\tchillout\n14\tchanson française\n"
	params := map[string]any{"path": formatstest.Copy(t, sample(t, "hetrec"), map[string]string{"tags.dat": utf8}), "tags": "all"}
	got, err := formatstest.Texts(configured(t, params))
	params["path"] = sample(t, "hetrec")
	want, err2 := formatstest.Texts(configured(t, params))
	if errors.Join(err, err2) != nil || !slices.Equal(got, want) {
		t.Errorf("%q, want %q, %v, %v", got, want, err, err2)
	}
	params["encoding"] = "utf-8"
	if _, err := formatstest.Texts(configured(t, params)); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "tags.dat:4: ") {
		t.Errorf("Latin-1 as UTF-8: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "LFM-1b_LEs.txt.gz"), []byte(formatstest.Zipped("1\t2\t3\t4\t5\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); err != nil || !slices.Equal(got, []string{"1|2|5"}) {
		t.Errorf("gzip: %q, %v", got, err)
	}
}

func TestParametersAndFoldersThatDoNotFitAreRefused(t *testing.T) {
	both := formatstest.Copy(t, sample(t, "360k"), nil)
	if err := os.CopyFS(both, os.DirFS(sample(t, "hetrec"))); err != nil {
		t.Fatal(err)
	}
	for params, want := range map[string]string{
		`{"path":"testdata/360k","item":"track"}`:   "item: Last.fm 360K has no track; its items are artist",
		`{"path":"testdata/1k","item":"album"}`:     "its items are artist, track",
		`{"path":"testdata/1k","tags":"all"}`:       "tags: Last.fm 1K has none; HetRec has",
		`{"path":"testdata/1k","item":"song"}`:      "song",
		`{"path":"testdata/1k","itme":"track"}`:     "itme",
		`{"path":"testdata"}`:                       "no data set of Last.fm lies there: Last.fm 360K has usersha1-artmbid-artname-plays.tsv",
		`{"path":"testdata/1k/userid-profile.tsv"}`: "is a file; expected the folder",
		fmt.Sprintf(`{"path":%q}`, both):            "holds files of Last.fm 360K and of HetRec 2011",
		`{}`:                                        "path",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !contract.IsBadInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := newDataset().Configure(t.Context(), json.RawMessage(`{"path":"testdata"}`)); err == nil || !strings.Contains(err.Error(), "; Last.fm 1K lies in testdata/1k") {
		t.Errorf("the folder above: %v", err)
	}
	if _, err := formatstest.Texts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: %v", err)
	}
}

func TestSniffFindsEveryRelease(t *testing.T) {
	for name, want := range map[string]string{"360k": "Last.fm 360K", "1k": "Last.fm 1K", "hetrec": "HetRec 2011", "lfm-1b": "LFM-1b"} {
		got, err := newDataset().Sniff(t.Context(), sample(t, name))
		if err != nil || len(got) != 1 || got[0].Why != want || got[0].Confidence != contract.ConfidenceCertain {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	top := formatstest.Above(t, sample(t, "1k"), "lastfm-dataset-1K")
	if got, err := newDataset().Sniff(t.Context(), top); err != nil || len(got) != 1 || !strings.Contains(string(got[0].Params), "lastfm-dataset-1K") {
		t.Errorf("one folder down: %+v, %v", got, err)
	}
	if got, err := newDataset().Sniff(t.Context(), formatstest.Copy(t, sample(t, "1k"), map[string]string{"userid-timestamp-artid-artname-traid-traname.tsv": "prose\n"})); err != nil || len(got) != 0 {
		t.Errorf("another content: %+v, %v", got, err)
	}
}

// A user may name a folder above everything: no tree is walked.
func TestNoFolderBelowTheNextOneIsLookedAt(t *testing.T) {
	formatstest.NoTreeIsWalked(t, newDataset(), sample(t, "1k"))
}

func FuzzFiles(f *testing.F) {
	formatstest.FuzzSamples(f, []formatstest.Sample{
		{Folder: "360k", File: "usersha1-artmbid-artname-plays.tsv"}, {Folder: "360k", File: "usersha1-profile.tsv"},
		{Folder: "1k", File: "userid-timestamp-artid-artname-traid-traname.tsv"}, {Folder: "1k", File: "userid-profile.tsv"},
		{Folder: "hetrec", File: "user_artists.dat"}, {Folder: "hetrec", File: "artists.dat"}, {Folder: "hetrec", File: "tags.dat"}, {Folder: "hetrec", File: "user_taggedartists.dat"},
		{Folder: "lfm-1b", File: "LFM-1b_LEs.txt"}, {Folder: "lfm-1b", File: "LFM-1b_artists.txt"}, {Folder: "lfm-1b", File: "LFM-1b_users.txt"},
	}, func(t *testing.T, s formatstest.Sample, dir string, counts bool) {
		params := map[string]any{"path": dir}
		if counts {
			params["plays"], params["malformed"] = "counts", "skip"
		}
		if s.Folder == "hetrec" {
			params["tags"] = "all"
		}
		place := filepath.Join(dir, s.File) + ":"
		if s.File == "tags.dat" {
			place = "" // a tag that is gone is missed further on
		}
		formatstest.OnlyDamage(t, place, formatstest.Errors(configured(t, params))...)
	})
}
