package tokenizer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// beside copies the files of a small tokenizer and writes others beside them.
func beside(t *testing.T, folder string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The ids are those of transformers 4.57.1's from_pretrained for the same files; the
// first id of begin is what it puts before a text.
func TestFilesBesideATokenizerCountAsInTransformers(t *testing.T) {
	const pieces, bytes = "testdata/pipelines/sp-old", "testdata/pipelines/bytes"
	for _, c := range []struct {
		name, folder string
		files        map[string]string
		size         int
		begin        int32
		text         string
		want         []int32
	}{
		{"no begin", pieces, map[string]string{ConfigName: `{"tokenizer_class":"LlamaTokenizer","add_bos_token":false}`}, 620, -1,
			"a <s>b", []int32{431, 368, 1, 450}},
		{"new pad token", pieces, map[string]string{ConfigName: `{"tokenizer_class":"LlamaTokenizer","pad_token":"[PAD]"}`}, 621, 1,
			"[PAD]x <mask>y", []int32{620, 461, 439, 322, 440, 320, 289, 333}},
		{"special tokens map", pieces, map[string]string{ConfigName: `{"tokenizer_class":"LlamaTokenizer"}`,
			SpecialName: `{"pad_token":{"content":"[PAD]","lstrip":true,"rstrip":false,"normalized":true,"single_word":false},"additional_special_tokens":["<mask>"]}`}, 622, 1,
			"[PAD]x <mask>y", []int32{620, 332, 368, 621, 517}},
		{"prefix space", bytes, map[string]string{ConfigName: `{"tokenizer_class":"PreTrainedTokenizerFast","add_prefix_space":true,"bos_token":"<|endoftext|>"}`}, 481, -1,
			"<|endoftext|>the", []int32{480, 425}},
		{"added tokens", bytes, map[string]string{ConfigName: `{"tokenizer_class":"PreTrainedTokenizerFast","pad_token":"[PAD]","added_tokens_decoder":` +
			`{"480":{"content":"<mask>","lstrip":true,"rstrip":false,"normalized":false,"single_word":false,"special":true}}}`}, 482, -1,
			"[PAD]x <mask>y", []int32{481, 87, 480, 88}},
	} {
		tok, err := Load(beside(t, c.folder, c.files))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		begin, _ := tok.Begin()
		if got := tok.Encode(c.text); !slices.Equal(got, c.want) || tok.Size() != c.size || begin != c.begin {
			t.Errorf("%s: %v, want %v; %d tokens, begins with %d", c.name, got, c.want, tok.Size(), begin)
		}
	}
}

// pairOf writes the small byte-level vocabulary as vocab.json and merges.txt.
func pairOf(t *testing.T, files map[string]string) (*Tokenizer, error) {
	t.Helper()
	tok := load(t, "testdata/pipelines/bytes")
	files[VocabName], files[MergesName] = string(tok.vocabJSON()), string(tok.mergesText())
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(dir)
}

func TestFilesBesideAVocabularyCountAsInTransformers(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		begin int32
		text  string
		want  []int32
	}{
		{map[string]string{}, -1, " a b", []int32{220, 64, 379}},
		{map[string]string{ConfigName: `{"tokenizer_class":"GPT2Tokenizer","add_bos_token":true,"bos_token":"<|endoftext|>"}`}, 480, "<|endoftext|>the", []int32{480, 83, 308}},
		{map[string]string{AddedName: `{"<mask>":480,"[PAD]":481}`, SpecialName: `{"pad_token":"[PAD]"}`}, -1, "[PAD]x <mask>y", []int32{481, 87, 220, 480, 88}},
		{map[string]string{ConfigName: `{"tokenizer_class":"Qwen2Tokenizer","eos_token":"<|endoftext|>"}`}, -1, "a123 e\u0301 <|endoftext|>b", []int32{64, 16, 17, 18, 220, 267, 220, 480, 65}},
	} {
		tok, err := pairOf(t, c.files)
		if err != nil {
			t.Errorf("%v: %v", c.files, err)
			continue
		}
		begin, _ := tok.Begin()
		if got := tok.Encode(c.text); !slices.Equal(got, c.want) || begin != c.begin {
			t.Errorf("%q: %v, want %v; begins with %d", c.text, got, c.want, begin)
		}
	}
	if _, err := pairOf(t, map[string]string{ConfigName: `{"tokenizer_class":"CLIPTokenizer"}`}); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "CLIPTokenizer") {
		t.Errorf("%v", err)
	}
}

func TestATokenizerOfAnotherKindIsNotSavedAsAPair(t *testing.T) {
	err := load(t, "testdata/pipelines/sp-old").Save(t.TempDir())
	if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), VocabName) {
		t.Errorf("%v", err)
	}
}

func TestCheckAllowsModelsWithMoreRowsThanTokens(t *testing.T) {
	tok := load(t, "testdata/small")
	if err := tok.Check(tok.Size() + 28); err != nil {
		t.Error(err)
	}
	err := tok.Check(tok.Size() - 1)
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "token 555 would have no embedding") {
		t.Errorf("%v", err)
	}
}

func TestSentencePieceFilesOfOtherModelsAreRefusedByClass(t *testing.T) {
	for file, class := range map[string]string{ModelName: "GemmaTokenizer", PieceName: "XLNetTokenizer"} {
		from := map[string]string{ModelName: "models/tokenizer-llama", PieceName: "models/tokenizer-t5"}[file]
		_, err := Load(modelFolder(t, from, file, `{"tokenizer_class":"`+class+`"}`))
		if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), class) {
			t.Errorf("%v", err)
		}
	}
}

func TestConfigurationOfSentencePieceFiles(t *testing.T) {
	for _, c := range []struct {
		from, file, config string
		size               int
		begin              bool
		want               []string
	}{
		{"models/tokenizer-llama", ModelName, `{"add_bos_token":false}`, 32000, false, []string{"▁has"}},
		{"models/tokenizer-llama", ModelName, `{"add_prefix_space":false}`, 32000, true, []string{"has"}},
		{"models/tokenizer-llama", ModelName, `{"add_prefix_space":false,"legacy":false}`, 32000, true, []string{"has"}},
		{"models/tokenizer-t5", PieceName, `{"extra_ids":0}`, 32000, false, []string{"▁has"}},
	} {
		tok := load(t, modelFolder(t, c.from, c.file, c.config))
		var got []string
		for _, id := range tok.Encode("has") {
			got = append(got, tok.tokens[id])
		}
		if _, begin := tok.Begin(); !slices.Equal(got, c.want) || tok.Size() != c.size || begin != c.begin {
			t.Errorf("%s: %q, %d tokens, %v", c.config, got, tok.Size(), begin)
		}
	}
}
