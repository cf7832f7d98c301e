package tokenizer

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/gguf"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

// told is what convert_hf_to_gguf.py of llama.cpp writes about a SentencePiece model.
func told(t *testing.T, path string) gguf.Tokenizer {
	t.Helper()
	m, err := sentencepiece.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	g := gguf.Tokenizer{Model: "llama", Pre: "default", BOS: int(m.Begin), EOS: int(m.End), Unknown: int(m.Unknown), Padding: -1}
	for _, p := range m.Pieces {
		g.Tokens, g.Scores, g.Types = append(g.Tokens, p.Text), append(g.Scores, float32(p.Score)), append(g.Types, int64(p.Kind))
	}
	return g
}

func TestGGUFOfLlamaGivesTheIdsOfItsModelFile(t *testing.T) {
	tok, err := FromGGUF(told(t, filepath.Join(shared(t, "models/tokenizer-llama"), ModelName)))
	if err != nil {
		t.Fatal(err)
	}
	texts, want := readIDs(t, "testdata/models/llama.json.gz")
	exact(t, tok, texts, want)
	if begin, ok := tok.Begin(); !ok || begin != 1 {
		t.Errorf("begins with %d, %v", begin, ok)
	}
}

// toldOf is what convert_hf_to_gguf.py writes about a byte-level tokenizer.json.
func toldOf(t *testing.T, folder, pre string) gguf.Tokenizer {
	t.Helper()
	var f struct {
		Model struct {
			Vocab  map[string]int
			Merges [][2]string
		}
	}
	readFixture(t, filepath.Join(folder, JSONName), &f)
	g := gguf.Tokenizer{Model: "gpt2", Pre: pre, Tokens: make([]string, len(f.Model.Vocab)), BOS: 0, EOS: 1, Unknown: -1, Padding: -1}
	for token, id := range f.Model.Vocab {
		g.Tokens[id] = token
		g.Types = append(g.Types, int64(sentencepiece.Normal))
	}
	for _, m := range f.Model.Merges {
		g.Merges = append(g.Merges, m[0]+" "+m[1])
	}
	return g
}

func TestGGUFOfByteLevelTokenizersGivesTheIdsOfTheirFolders(t *testing.T) {
	for pre, folder := range map[string]string{"llama-bpe": "llama3", "qwen2": "qwen2", "smollm": "smollm", "gpt-2": "bytes"} {
		folder = "testdata/pipelines/" + folder
		tok, err := FromGGUF(toldOf(t, folder, pre))
		if err != nil {
			t.Fatal(err)
		}
		texts, want := readIDs(t, folder+".json.gz")
		exact(t, tok, texts, want)
		if _, ok := tok.Begin(); ok {
			t.Errorf("%s puts a token before a text", pre)
		}
	}
}

func TestGGUFSaysWhichTokensAreSpecial(t *testing.T) {
	g := toldOf(t, "testdata/pipelines/llama3", "llama-bpe")
	g.Tokens, g.Types = append(g.Tokens, "<|begin|>", "<user>"), append(g.Types, 3, 4)
	yes := true
	g.BOS, g.AddBOS = len(g.Tokens)-2, &yes
	tok, err := FromGGUF(g)
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encode("<|begin|><user>"); len(ids) != 2 || int(ids[0]) != g.BOS || int(ids[1]) != g.BOS+1 {
		t.Errorf("%v", ids)
	}
	if begin, ok := tok.Begin(); !ok || int(begin) != g.BOS {
		t.Errorf("%d, %v", begin, ok)
	}
}

func TestGGUFThatIsNotKnownIsRefusedByKey(t *testing.T) {
	good := toldOf(t, "testdata/pipelines/llama3", "llama-bpe")
	for want, change := range map[string]func(g *gguf.Tokenizer){
		`tokenizer.ggml.model is "bert"`:              func(g *gguf.Tokenizer) { g.Model = "bert" },
		`tokenizer.ggml.pre is "default"`:             func(g *gguf.Tokenizer) { g.Pre = "default" },
		"neither tokenizer.ggml.scores":               func(g *gguf.Tokenizer) { g.Model, g.Merges = "llama", nil },
		"tokenizer.ggml.merges:1:":                    func(g *gguf.Tokenizer) { g.Merges = []string{"a"} },
		"tokenizer.ggml.tokens: pieces 0 and 1 are":   func(g *gguf.Tokenizer) { g.Tokens = []string{"a", "a"} },
		"is missing: not a byte-level vocabulary":     func(g *gguf.Tokenizer) { g.Tokens, g.Merges = nil, nil },
		`tokenizer.ggml.merges:1: needs "q", "zzzzz"`: func(g *gguf.Tokenizer) { g.Merges = []string{"q zzzzz"} },
	} {
		g := good
		change(&g)
		_, err := FromGGUF(g)
		if !errors.Is(err, contract.ErrUnsupported) && !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestAGGUFFileIsLoadedAndNamed(t *testing.T) {
	tok, err := Load("../gguf/testdata/llama.gguf")
	if err != nil || tok.Size() != 24 {
		t.Errorf("%v, %v", tok, err)
	}
	if files := Files("x/y.GGUF"); len(files) != 1 || files[0] != "x/y.GGUF" {
		t.Errorf("%v", files)
	}
	if _, err := Load("../gguf/testdata/qwen2.gguf"); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "qwen2.gguf: tokenizer.ggml.tokens: byte 0x") {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"linear.gguf", "values.gguf"} {
		if tok, err := Load("../gguf/testdata/" + name); err == nil && tok.Size() == 0 {
			t.Errorf("%s: an empty tokenizer", name)
		}
	}
}

func FuzzGGUF(f *testing.F) {
	f.Add("a b ab", "a b", "1 2 3", true)
	f.Add("<unk> <s> ▁ <0x00> a ▁a", "", "2 3 1 6 1 1", false)
	f.Fuzz(func(t *testing.T, tokens, merges, kinds string, bytes bool) {
		g := gguf.Tokenizer{Model: "llama", Pre: "llama-bpe", Tokens: strings.Fields(tokens), Merges: strings.SplitAfter(merges, " "), BOS: 1, Unknown: 0}
		if bytes {
			g.Model = "gpt2"
			for _, r := range newAlphabet().runes {
				g.Tokens = append(g.Tokens, string(r))
			}
		}
		for i := range g.Tokens {
			g.Scores, g.Types = append(g.Scores, -float32(i)), append(g.Types, int64(len(kinds)*i%7))
		}
		if tok, err := FromGGUF(g); err == nil {
			tok.Encode(tokens + merges)
		}
	})
}
