package datasets

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestTheBuiltInCatalogueIsWhatItsSchemaAsks(t *testing.T) {
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Datasets {
		category := ""
		if len(s.Categories) > 0 {
			category = s.Categories[len(s.Categories)-1]
		}
		filled, licence, err := c.Find(s.Name, category)
		if err != nil || licence.Name != s.Licence {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		raw, err := json.Marshal(filled)
		if err != nil || strings.Contains(string(raw), "{category}") {
			t.Errorf("%s: %s", s.Name, raw)
		}
		if params, err := json.Marshal(filled.Params); err != nil || !strings.Contains(string(params), "{folder}") {
			t.Errorf("%s: its parameters %s name nothing in its folder", s.Name, params)
		}
		for _, d := range s.Files {
			for _, from := range d.From {
				if strings.HasPrefix(from, "http://") && len(d.digests()) == 0 {
					t.Errorf("%s: %s is neither encrypted nor has a checksum", s.Name, from)
				}
			}
		}
	}
}

func TestWhatIsAskedOfTheCatalogueAndNotThereIsNamed(t *testing.T) {
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, category string
		kind           error
		want           string
	}{
		{"ml100k", "", contract.ErrNotFound, `the catalogue has no data set "ml100k"; did you mean "ml-100k"?`},
		{"netflix", "", contract.ErrNotFound, "that are known the nearest are"},
		{"ml-100k", "Beauty", contract.ErrInvalid, "ml-100k has no categories: leave --category out"},
		{"amazon-2014", "", contract.ErrInvalid, "amazon-2014 has categories: name one with --category, such as Amazon_Instant_Video"},
		{"amazon-2014", "beauty", contract.ErrNotFound, `amazon-2014 has no category "beauty"; did you mean "Beauty"?`},
	} {
		_, _, err := c.Find(x.name, x.category)
		if !errors.Is(err, x.kind) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s %s: %v", x.name, x.category, err)
		}
	}
}

const own = `
licences: [{name: ours, terms: internal, url: "https://lab/terms"}]
datasets:
- name: clicks
  title: our clicks
  homepage: https://lab
  licence: ours
  cite: nobody
  plugin: table
  params: {path: "{folder}/clicks.csv"}
  split: {method: leave_one_out}
  files: [{path: clicks.csv, from: ["https://lab/clicks.csv"]}]
  at_most: 1000
`

func TestAUsersOwnCatalogueIsAdded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	s, licence, err := c.Find("clicks", "")
	if err != nil || s.Plugin != "table" || s.Files[0].Archive != Plain || licence.Terms != "internal" {
		t.Errorf("got %+v, %+v, %v", s, licence, err)
	}
	if _, _, err := c.Find("ml-100k", ""); err != nil {
		t.Errorf("the built-in ones are gone: %v", err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(own, "name: clicks", "name: ml-1m")), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), `"ml-1m" is in the built-in catalogue`) {
		t.Errorf("got %v", err)
	}
	for _, other := range []string{filepath.Join(t.TempDir(), "none.yaml"), t.TempDir()} {
		if _, err := Open(other); err == nil || !contract.IsBadInput(err) || !strings.Contains(err.Error(), other) {
			t.Errorf("got %v", err)
		}
	}
}

func TestEveryMistakeOfACatalogueIsToldWithItsPlace(t *testing.T) {
	for change, want := range map[string]string{
		"plugin: table => plugn: table":                        `own.yaml:9:3: datasets[0].plugn: unknown key; did you mean "plugin"?`,
		"licence: ours => licence: our":                        `own.yaml:7:3: datasets[0].licence: there is no licence "our"; did you mean "ours"?`,
		"name: clicks\n => name: Clicks\n":                     "own.yaml:4:3: datasets[0].name: ",
		"at_most: 1000 => at_most: 0":                          "datasets[0].at_most: must be at least 1",
		"https://lab/clicks.csv\" => ftp://lab/x\"":            `own.yaml:12:37: datasets[0].files[0].from[0]: "ftp://lab/x" is no address`,
		"https://lab/clicks.csv\" => https://me@lab/x\"":       "is no address",
		"https://lab/clicks.csv\" => https://lab/{category}\"": "{category} stands in the addresses of a data set with categories",
		"path: clicks.csv, => path: ../clicks.csv,":            `datasets[0].files[0].path: "../clicks.csv" is no plain path inside a folder`,
		"path: clicks.csv, => path: c.csv, archive: gz,":       "does not end in .gz",
		"path: clicks.csv, => path: c.csv, archive: rar,":      `datasets[0].files[0].archive: must be one of`,
		"path: clicks.csv, => path: c.csv, md5: 123,":          "datasets[0].files[0].md5: ",
		"path: clicks.csv, => path: c, md5: d41d8cd98f00b204e9800998ecf8427e, sha1: da39a3ee5e6b4b0d3255bfef95601890afd80709,": "more than one checksum",
		"at_most: 1000 => at_most: 1000\n  root: ../x":        `"../x" is no plain path`,
		"at_most: 1000 => at_most: 1000\n  categories: [a/b]": `"a/b" cannot be the name of a folder`,
		"{folder}/ => ${DATA}/":                               "a catalogue has no variables such as ${DATA}",
		"cite: nobody => cite: [":                             "own.yaml:",
	} {
		from, to, _ := strings.Cut(change, " => ")
		_, err := Parse("own.yaml", []byte(strings.Replace(own, from, to, 1)))
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", change, want, err)
		}
	}
	twice := own + strings.SplitAfter(own, "datasets:")[1]
	if _, err := Parse("own.yaml", []byte(twice)); err == nil || !strings.Contains(err.Error(), `datasets[1].name: "clicks" is there twice`) {
		t.Errorf("got %v", err)
	}
}

func FuzzCatalogue(f *testing.F) {
	f.Add([]byte(own))
	f.Add([]byte("licences: [{}]\ndatasets: [{files: [{from: [a]}]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("own.yaml", text)
		if err != nil {
			if !errors.Is(err, contract.ErrInvalid) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, s := range c.Datasets {
			category := ""
			if len(s.Categories) > 0 {
				category = s.Categories[0]
			}
			if _, _, err := c.Find(s.Name, category); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(manifestOf("a")))
	f.Add([]byte(`{"name": 3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest(raw)
		if err != nil {
			return
		}
		for _, e := range m.Files {
			if !filepath.IsLocal(e.Name) || e.Size < 0 {
				t.Errorf("%+v is let through", e)
			}
		}
	})
}
