package sentencepiece

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
)

// fixture is what testdata/make_fixtures.py writes for a model.
type fixture struct {
	IDs    []expected        `json:"ids"`
	Decode []decoding        `json:"decode"`
	Normal map[string]string `json:"normal"`
	Merges [][2]string       `json:"merges"`
}

// expected are the ids of a string; of a very long one, how many and their digest.
type expected struct {
	ids    []int32
	count  int
	digest string
}

func (e *expected) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, &e.ids)
	}
	long := struct {
		Count  int    `json:"count"`
		SHA256 string `json:"sha256"`
	}{}
	err := json.Unmarshal(b, &long)
	e.count, e.digest = long.Count, long.SHA256
	return err
}

func (e expected) equal(ids []int32) bool {
	if e.digest == "" {
		return slices.Equal(e.ids, ids)
	}
	var text []byte
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(id), 10)
	}
	sum := sha256.Sum256(text)
	return e.count == len(ids) && e.digest == hex.EncodeToString(sum[:])
}

// decoding is a pair of ids and the text that they give.
type decoding struct {
	ids  []int32
	text string
}

func (d *decoding) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&d.ids, &d.text})
}

func readFixture(t testing.TB, name string, into any) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unpacked).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// awkward are the strings of the fixtures, in the order of make_fixtures.py.
func awkward(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "tokenizer", "testdata", "awkward.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Text   string `json:"text"`
		Base64 []byte `json:"base64"`
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Text+string(e.Base64))
	}
	return append(all, strings.Repeat("The quick brown fox user_1 ", 20000), strings.Repeat("漢字かな😀", 2000))
}

// shared is a file of the models kept beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	return sharedtest.Path(t, "models/"+name)
}

func load(t testing.TB, path string) *Model {
	t.Helper()
	m, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small is a model of testdata.
func small(t testing.TB, name string) *Model {
	t.Helper()
	return load(t, filepath.Join("testdata", name+".model"))
}

// compare fails for each string whose ids differ, showing the first few.
func compare(t *testing.T, want []expected, texts []string, encode func(text string) []int32) {
	t.Helper()
	if len(want) != len(texts) {
		t.Fatalf("%d expected ids for %d strings: run make_fixtures.py", len(want), len(texts))
	}
	wrong := 0
	for i, text := range texts {
		got := encode(text)
		if want[i].equal(got) {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("string %d: %.200q\ngot  %.60v\nwant %.60v", i, text, got, want[i].ids)
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d strings differ", wrong, len(texts))
	}
}

func compareDecoding(t *testing.T, m *Model, want []decoding) {
	t.Helper()
	for _, d := range want {
		if got, err := m.Decode(d.ids); err != nil || got != d.text {
			t.Errorf("Decode(%v) = %q, %v; want %q", d.ids, got, err, d.text)
		}
	}
}

func sortMerges(merges []Merge, ids map[string]int) {
	slices.SortFunc(merges, func(a, b Merge) int { return ids[a.Left] - ids[b.Left] })
}
