package tokenizer

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// awkward are the strings of testdata/awkward.json; a byte that is not UTF-8 is U+FFFD.
func awkward(t testing.TB) []string {
	t.Helper()
	var entries []struct{ Text, Base64 string }
	readFixture(t, "testdata/awkward.json", &entries)
	texts := make([]string, len(entries))
	for i, e := range entries {
		raw, err := base64.StdEncoding.DecodeString(e.Base64)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string([]rune(e.Text + string(raw)))
	}
	return texts
}

func readZipped(t testing.TB, path string, out any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(text).Decode(out); err != nil {
		t.Fatal(path, err)
	}
}

// exact compares with the reference's ids, as it encodes a text (without the rule
// for a leading space), and says how many texts there were.
func exact(t *testing.T, tok *Tokenizer, texts []string, want [][]int32) {
	t.Helper()
	wrong := 0
	for i, text := range texts {
		if got := tok.run(nil, text, false); !slices.Equal(got, want[i]) {
			if wrong++; wrong <= 5 {
				t.Errorf("%+q:\n%v, want\n%v", text, got, want[i])
			}
		}
	}
	if wrong > 0 || len(texts) != len(want) {
		t.Errorf("%d of %d texts differ (%d references)", wrong, len(texts), len(want))
	}
}

type idsFixture struct {
	Texts []string
	IDs   [][]int32
}

func readIDs(t *testing.T, path string) ([]string, [][]int32) {
	t.Helper()
	var f idsFixture
	readZipped(t, path, &f)
	if f.Texts == nil {
		f.Texts = awkward(t)
	}
	return f.Texts, f.IDs
}

func pipelines(t testing.TB) []string {
	t.Helper()
	folders, err := filepath.Glob("testdata/pipelines/*/" + JSONName)
	if err != nil || len(folders) < 13 {
		t.Fatal(folders, err)
	}
	for i := range folders {
		folders[i] = filepath.Dir(folders[i])
	}
	return folders
}

func TestIdsEqualTheReferenceForEveryKindOfTokenizer(t *testing.T) {
	for _, folder := range pipelines(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			texts, want := readIDs(t, folder+".json.gz")
			exact(t, load(t, folder), texts, want)
		})
	}
}

// modelFolder is a folder with only some files of another one, and a configuration.
func modelFolder(t *testing.T, from, file, config string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shared(t, from), file))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		if err := os.WriteFile(filepath.Join(dir, ConfigName), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestIdsEqualTheReferenceForTheRealTokenizers(t *testing.T) {
	for _, c := range []struct{ name, from, file, config, begin string }{
		{"gpt2", "models/tokenizer-gpt2", "", "", ""},
		{"t5", "models/tokenizer-t5", "", "", ""},
		{"t5-model", "models/tokenizer-t5", PieceName, "", ""},
		{"t5-model-new", "models/tokenizer-t5", PieceName, `{"legacy":false}`, ""},
		{"llama", "models/tokenizer-llama", "", "", "<s>"},
		{"llama-new", "models/tokenizer-llama", ModelName, `{"legacy":false}`, "<s>"},
		{"stories260K", "models/stories260K", "", "", "<s>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := ""
			if c.file != "" {
				dir = modelFolder(t, c.from, c.file, c.config)
			} else {
				dir = shared(t, c.from)
			}
			tok := load(t, dir)
			texts, want := readIDs(t, "testdata/models/"+c.name+".json.gz")
			exact(t, tok, texts, want)
			sameReviews(t, tok, c.name)
			begin, ok := tok.Begin()
			if ok != (c.begin != "") || ok && tok.tokens[begin] != c.begin {
				t.Errorf("begins with %d, %v; want %q", begin, ok, c.begin)
			}
		})
	}
}

// sameReviews compares the ids of all reviews with the reference's by their digest. No
// review starts with a space that LLaMA's tokenizer would double, or the ids would differ.
func sameReviews(t *testing.T, tok *Tokenizer, name string) {
	t.Helper()
	type sum struct {
		Tokens int
		SHA256 string
	}
	var want map[string]sum
	readZipped(t, "testdata/models/reviews.json.gz", &want)
	var got sum
	digest := sha256.New()
	for _, ids := range tok.EncodeAll(reviews(t)) {
		got.Tokens += len(ids)
		if err := binary.Write(digest, binary.LittleEndian, ids); err != nil {
			t.Fatal(err)
		}
	}
	if got.SHA256 = hex.EncodeToString(digest.Sum(nil)); got != want[name] {
		t.Errorf("reviews: %+v, want %+v", got, want[name])
	}
}

// Every normalizer and pre-tokenizer in every setting, put into the file of a small tokenizer.
func TestIdsEqualTheReferenceForEveryPart(t *testing.T) {
	var f struct {
		Texts      []string
		Variations []struct {
			Base         string
			Normalizer   json.RawMessage
			PreTokenizer json.RawMessage `json:"pre_tokenizer"`
			IDs          [][]int32
		}
	}
	readZipped(t, "testdata/parts.json.gz", &f)
	for _, v := range f.Variations {
		t.Run(string(v.Normalizer)+string(v.PreTokenizer), func(t *testing.T) {
			tok, err := Load(withParts(t, "testdata/pipelines/"+v.Base, v.Normalizer, v.PreTokenizer))
			if err != nil {
				t.Fatal(err)
			}
			exact(t, tok, f.Texts, v.IDs)
		})
	}
}

// withParts is a copy of a tokenizer with another normalizer and pre-tokenizer.
func withParts(t *testing.T, folder string, normalizer, preTokenizer json.RawMessage) string {
	t.Helper()
	var whole map[string]json.RawMessage
	readFixture(t, filepath.Join(folder, JSONName), &whole)
	whole["normalizer"], whole["pre_tokenizer"] = normalizer, preTokenizer
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, JSONName), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The rule of the package's documentation: a text that starts with a space gets no
// other one.
func TestALeadingSpaceIsTheBoundaryOfAWord(t *testing.T) {
	tok := load(t, "testdata/pipelines/sp-old")
	for _, text := range awkward(t) {
		if strings.HasPrefix(text, "<") || text == "" {
			continue
		}
		want := tok.run(nil, text, false)
		if got := tok.Encode(" " + text); !slices.Equal(got, want) {
			t.Errorf("%+q: %v, want %v", " "+text, got, want)
		}
	}
	space, _ := tok.ID(" ")
	if got := tok.Encode(" "); !slices.Equal(got, []int32{space}) {
		t.Errorf("a space is %v", got)
	}
}

func TestPromptsAreCutAsTheModelsHaveIt(t *testing.T) {
	for _, c := range []struct {
		from, text string
		want       []string
	}{
		{"tokenizer-gpt2", " has interacted with", []string{"Ġhas", "Ġinteracted", "Ġwith"}},
		{"tokenizer-gpt2", "The content of", []string{"The", "Ġcontent", "Ġof"}},
		{"tokenizer-llama", " has interacted with", []string{"▁has", "▁interact", "ed", "▁with"}},
		{"tokenizer-llama", "The content of", []string{"▁The", "▁content", "▁of"}},
		{"tokenizer-llama", "  has", []string{"▁", "▁has"}},
		{"tokenizer-t5", " has interacted with", []string{"▁has", "▁inter", "acted", "▁with"}},
		{"tokenizer-t5", "The content of", []string{"▁The", "▁content", "▁of"}},
	} {
		tok := load(t, shared(t, "models/"+c.from))
		var got []string
		for _, id := range tok.Encode(c.text) {
			got = append(got, tok.tokens[id])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is %q, want %q", c.from, c.text, got, c.want)
		}
	}
}

// The README of the models: "Hello, user_1! Have you seen item_2?" with soft tokens.
func TestThePartsOfAPromptAreEncodedApart(t *testing.T) {
	tok := load(t, shared(t, "models/tokenizer-gpt2"))
	got := slices.Concat(tok.Encode("Hello,"), []int32{-1}, tok.Encode("! Have you seen"), []int32{-2}, tok.Encode("?"))
	if want := []int32{15496, 11, -1, 0, 8192, 345, 1775, -2, 30}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
