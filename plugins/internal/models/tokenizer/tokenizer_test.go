package tokenizer

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cllm4rec/core/sharedtest"
)

func readFixture(t testing.TB, path string, out any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(path, err)
	}
}

func samples(t testing.TB) (texts []string) {
	t.Helper()
	readFixture(t, "testdata/samples.json", &texts)
	return texts
}

func load(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	tok, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// shared is a file or folder of the data kept beside the repository.
func shared(t testing.TB, path string) string {
	t.Helper()
	return sharedtest.Path(t, path)
}

func compare(t *testing.T, tok *Tokenizer, texts []string, want [][]int32) {
	t.Helper()
	if len(texts) != len(want) {
		t.Fatalf("%d texts, %d references", len(texts), len(want))
	}
	for i, text := range texts {
		got := tok.Encode(text)
		if !slices.Equal(got, want[i]) {
			t.Errorf("%q:\n%v, want\n%v", text, got, want[i])
		}
	}
}

func TestIdsEqualTheReferenceOnASmallVocabulary(t *testing.T) {
	var want struct{ IDs [][]int32 }
	readFixture(t, "testdata/small.json", &want)
	tok := load(t, "testdata/small")
	compare(t, tok, samples(t), want.IDs)
	for _, text := range samples(t) {
		if back, err := tok.Decode(tok.Encode(text)); err != nil || back != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
	}
}

func TestIdsEqualTheReferenceWithAddedTokensAndPrefixSpace(t *testing.T) {
	var want struct {
		Texts []string
		IDs   [][]int32
	}
	readFixture(t, "testdata/added.json", &want)
	compare(t, load(t, "testdata/added"), want.Texts, want.IDs)
}

func TestIdsEqualGPT2(t *testing.T) {
	var want struct{ IDs [][]int32 }
	readFixture(t, "testdata/gpt2.json", &want)
	tok := load(t, shared(t, "models/tokenizer-gpt2"))
	compare(t, tok, samples(t), want.IDs)
	if err := tok.Check(50257); err != nil {
		t.Error(err)
	}
	if id, ok := tok.ID(EndOfText); !ok || id != 50256 {
		t.Errorf("%s is %d, %v", EndOfText, id, ok)
	}
}

func reviews(t testing.TB) []string {
	t.Helper()
	file, err := os.Open(shared(t, reviewsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct {
			Text string `json:"reviewText"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row.Text)
	}
	return all
}

func TestIdsEqualGPT2OnRealReviews(t *testing.T) {
	var want struct {
		Reviews struct {
			Tokens int
			SHA256 string
		}
	}
	readFixture(t, "testdata/gpt2.json", &want)
	digest, count := sha256.New(), 0
	for _, ids := range load(t, shared(t, "models/tokenizer-gpt2")).EncodeAll(reviews(t)) {
		count += len(ids)
		if err := binary.Write(digest, binary.LittleEndian, ids); err != nil {
			t.Fatal(err)
		}
	}
	if got := hex.EncodeToString(digest.Sum(nil)); count != want.Reviews.Tokens || got != want.Reviews.SHA256 {
		t.Errorf("%d tokens, %s; want %+v", count, got, want.Reviews)
	}
}

// Go's Unicode tables are the second opinion; they may be older than the
// reference's, so that characters which they do not know are left out.
func TestEveryCharacterHasTheClassThatUnicodeGivesIt(t *testing.T) {
	for code := rune(0); code <= utf8.MaxRune; code++ {
		want := other
		switch {
		case unicode.IsLetter(code):
			want = letter
		case unicode.IsNumber(code):
			want = number
		case unicode.IsSpace(code):
			want = space
		case unicode.Is(unicode.Cn, code):
			continue // unassigned
		}
		if got, _ := classAt(string(code), 0); got != want {
			t.Errorf("%U is %d, want %d", code, got, want)
		}
	}
}

func TestLongWordsTakeTheSameMergesAsShortOnes(t *testing.T) {
	tok := load(t, "testdata/small")
	long := strings.Repeat("the", 5000)
	got := tok.Encode(long)
	back, err := tok.Decode(got)
	if err != nil || back != long || len(got) > 15000 {
		t.Errorf("%d tokens, %v", len(got), err)
	}
}

func TestInvalidUTF8ComesBackByteForByte(t *testing.T) {
	tok := load(t, "testdata/small")
	for _, text := range []string{"\xff", "a\xc3", "\xe2\x28\xa1 x", "\xed\xa0\x80", "x\x80\x80 y"} {
		if back, err := tok.Decode(tok.Encode(text)); err != nil || back != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
	}
}

func TestDecodeNamesAnUnknownID(t *testing.T) {
	tok := load(t, "testdata/small")
	for _, id := range []int32{-1, int32(tok.Size())} {
		if _, err := tok.Decode([]int32{5, id}); err == nil || !strings.Contains(err.Error(), "token id") {
			t.Errorf("%d: %v", id, err)
		}
	}
}

func TestCheckRefusesAnotherModelsVocabulary(t *testing.T) {
	err := load(t, "testdata/small").Check(97)
	if err == nil || !strings.Contains(err.Error(), "556 tokens") || !strings.Contains(err.Error(), "97 words") {
		t.Errorf("%v", err)
	}
}

func FuzzEncodeDecode(f *testing.F) {
	small := load(f, "testdata/small")
	for _, text := range samples(f) {
		f.Add(text)
	}
	f.Add("\xff\xfe\xc3 \xa0")
	f.Fuzz(func(t *testing.T, text string) {
		back, err := small.Decode(small.Encode(text))
		if err != nil || back != text {
			t.Fatalf("%q came back as %q, %v", text, back, err)
		}
	})
}

// BenchmarkEncode measures one goroutine over the real reviews.
func BenchmarkEncode(b *testing.B) {
	tok, texts := load(b, shared(b, "models/tokenizer-gpt2")), reviews(b)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	ids := make([]int32, 0, 1<<16)
	for b.Loop() {
		for _, text := range texts {
			ids = tok.AppendEncode(ids[:0], text)
		}
	}
}

// BenchmarkEncodeCold measures the same without the cache's help.
func BenchmarkEncodeCold(b *testing.B) {
	tok, texts := load(b, shared(b, "models/tokenizer-gpt2")), reviews(b)[:1000]
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		clear(tok.words.places)
		for _, text := range texts {
			tok.Encode(text)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := shared(b, "models/tokenizer-gpt2")
	for b.Loop() {
		load(b, dir)
	}
}
