package tokenizer

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// damaged copies the small vocabulary with one file edited.
func damaged(t *testing.T, name, old, new string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{VocabName, MergesName} {
		text, err := os.ReadFile(filepath.Join("testdata/small", file))
		if err != nil {
			t.Fatal(err)
		}
		if file == name {
			if !strings.Contains(string(text), old) {
				t.Fatalf("%s has no %q", file, old)
			}
			text = []byte(strings.Replace(string(text), old, new, 1))
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDamagedFilesAreRefusedWithFileAndLine(t *testing.T) {
	merges, err := os.ReadFile("testdata/small/" + MergesName)
	if err != nil {
		t.Fatal(err)
	}
	third := strings.Split(string(merges), "\n")[2]
	for _, c := range []struct{ name, old, new, want string }{
		{MergesName, third, "qq zz", "merges.txt:3: needs"},
		{MergesName, third, "q", "merges.txt:3: \"q\": expected two tokens"},
		{MergesName, third, "a b c", "merges.txt:3:"},
		{MergesName, third, third + "\n" + third, "merges.txt:4: merges"},
		{VocabName, `"!":0`, `"!":"0"`, "vocab.json:1: id of token \"!\""},
		{VocabName, `"!":0`, `"!":0,"!":1`, "stands twice"},
		{VocabName, `"!":0`, `"!":-1`, "id -1"},
		{VocabName, `"!":0`, `"!":99999999`, "id 99999999"},
		{VocabName, `"!":0`, `"!":1`, "share id 1"},
		{VocabName, `"!":0,`, ``, `byte 0x21 (token '!') is missing`},
		{VocabName, `{`, `[`, "expected a JSON object"},
		{VocabName, `:555}`, `:555`, "cut short"},
	} {
		_, err := Load(damaged(t, c.name, c.old, c.new))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: %v", c.old, c.new, err)
		}
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	if _, err := Load(t.TempDir()); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), VocabName) {
		t.Errorf("%v", err)
	}
	dir := damaged(t, "", "", "")
	if err := os.Remove(filepath.Join(dir, MergesName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), MergesName) {
		t.Errorf("%v", err)
	}
}

func TestOtherKindsOfTokenizerAreRefusedByName(t *testing.T) {
	text, err := os.ReadFile("testdata/added/" + JSONName)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"type":"BPE"`, `"type":"WordPiece"`, "model.type is WordPiece"},
		{`"type":"BPE"`, `"type":"Unigram"`, "pre_tokenizer is ByteLevel for a Unigram model"},
		{`"normalizer":null`, `"normalizer":{"type":"BertNormalizer"}`, "normalizer is BertNormalizer"},
		{`"normalizer":null`, `"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"StripAccents"}]}`, "normalizer.normalizers[1] is StripAccents"},
		{`"normalizer":null`, `"normalizer":{"type":"Replace","pattern":{"Regex":"a+"},"content":"b"}`, `normalizer.pattern.Regex is "a+"`},
		{`"pre_tokenizer":{"type":"ByteLevel"`, `"pre_tokenizer":{"type":"Punctuation"`, "pre_tokenizer is Punctuation"},
		{`"pre_tokenizer":{"type":"ByteLevel"`, `"pre_tokenizer":{"type":"ByteLevel","speed":9`, `pre_tokenizer has an unknown field "speed"`},
		{`"pre_tokenizer":{`, `"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]},"x":{`, "(Digits) comes after ByteLevel"},
		{`"pre_tokenizer":{`, `"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":false},"x":{`, `pre_tokenizer.pattern.Regex is "\\w+"`},
		{`"byte_fallback":false`, `"byte_fallback":true`, "byte_fallback"},
		{`"dropout":null`, `"dropout":0.1`, "dropout"},
		{`"continuing_subword_prefix":null`, `"continuing_subword_prefix":"##"`, "continuing_subword_prefix is ##"},
		{`"post_processor":null`, `"post_processor":{"type":"BertProcessing"}`, "post_processor is BertProcessing"},
	} {
		dir := t.TempDir()
		if !strings.Contains(string(text), c.old) {
			t.Fatalf("no %s", c.old)
		}
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if err := os.WriteFile(filepath.Join(dir, JSONName), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
}

// changed is the tokenizer of testdata/added with one place edited.
func changed(t *testing.T, old, new string) error {
	t.Helper()
	text, err := os.ReadFile("testdata/added/" + JSONName)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("no %s", old)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, JSONName), []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Load(dir)
	return err
}

func TestDamagedTokenizerFilesAreRefusedByKey(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"model":{`, "\n\n\"model\":[{", "tokenizer.json:3:"},
		{`"normalizer":null`, `"normalizer":3`, "tokenizer.json: normalizer: "},
		{`"normalizer":null`, `"normalizer":{}`, "normalizer: has no type"},
		{`"normalizer":null`, `"normalizer":{"type":"Replace","content":"x"}`, "normalizer: pattern: expected a String or a Regex"},
		{`"normalizer":null`, `"normalizer":{"type":"Precompiled","precompiled_charsmap":"!"}`, "precompiled_charsmap: illegal base64"},
		{`"normalizer":null`, `"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}`, "precompiled_charsmap: "},
		{`"pre_tokenizer":{"type":"ByteLevel"`, `"pre_tokenizer":{"type":"Metaspace"},"x":{"type":"ByteLevel"`, ""},
		{`"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true`, `"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":"yes"`, "pre_tokenizer: json: cannot unmarshal string"},
		{`"merges":[`, `"merges":[["a"],`, "expected two tokens"},
		{`"merges":[`, `"merges":["a",`, "expected two tokens"},
		{`"merges":[`, `"merges":[["never","there"],`, "model.merges:1: needs"},
		{`"vocab":{`, `"vocab":null,"x":{`, "model.vocab: is missing"},
		{`"vocab":{"!":0`, `"vocab":{"!":0.5`, `id of token "!"`},
		{`"unk_token":null`, `"unk_token":"<none>"`, `model.unk_token "<none>" is not in the vocabulary`},
		{`"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}}]}`, "more than one token before a text"},
		{`"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}}],"special_tokens":{"a":{"tokens":["<none>"]}}}`, `"<none>" stands before a text`},
	} {
		err := changed(t, c.old, c.new)
		if c.want == "" {
			c.want = "pre_tokenizer.replacement"
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
}

func TestTheTokenBeforeATextIsFoundInTheTemplate(t *testing.T) {
	const template = `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"T"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<m"}}],"special_tokens":{"T":{"tokens":["<mask>"]},"<m":{"tokens":["<m"]}}}`
	for post, want := range map[string]bool{`null`: false, `{"type":"ByteLevel"}`: false, template: true,
		`{"type":"Sequence","processors":[{"type":"ByteLevel"},` + template + `]}`: true} {
		dir := withKey(t, "testdata/added", "post_processor", post)
		tok := load(t, dir)
		begin, ok := tok.Begin()
		if ok != want || ok && tok.tokens[begin] != "<mask>" {
			t.Errorf("%s: %d, %v", post, begin, ok)
		}
	}
}

// withKey is a copy of a tokenizer with another value of a key.
func withKey(t *testing.T, folder, key, value string) string {
	t.Helper()
	var whole map[string]json.RawMessage
	readFixture(t, filepath.Join(folder, JSONName), &whole)
	whole[key] = json.RawMessage(value)
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

func TestFilesAreThoseThatLoadReads(t *testing.T) {
	if got := Files("testdata/small"); !slices.Equal(got, []string{"testdata/small/vocab.json", "testdata/small/merges.txt"}) {
		t.Errorf("%v", got)
	}
	if got := Files("testdata/added"); !slices.Equal(got, []string{"testdata/added/tokenizer.json"}) {
		t.Errorf("%v", got)
	}
}

func withConfig(t *testing.T, config string) (*Tokenizer, error) {
	t.Helper()
	dir := damaged(t, "", "", "")
	if err := os.WriteFile(filepath.Join(dir, ConfigName), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(dir)
}

func TestTokenizerConfigIsFollowed(t *testing.T) {
	tok, err := withConfig(t, `{"add_prefix_space":true,"added_tokens_decoder":{"556":{"content":"<x>","rstrip":true}},"model_max_length":1024}`)
	if err != nil {
		t.Fatal(err)
	}
	plain := load(t, "testdata/small")
	want := append(plain.Encode(" a"), 556)
	want = append(want, plain.Encode(" b")...)
	if got := tok.Encode("a<x>  b"); !slices.Equal(got, want) || tok.Size() != 557 {
		t.Errorf("%v, want %v", got, want)
	}
	for config, want := range map[string]string{
		"{\n\"add_prefix_space\": 1}":                      "tokenizer_config.json:2:",
		`{"added_tokens_decoder":{"x":{"content":"y"}}}`:   `"x" is not a token id`,
		`{"added_tokens_decoder":{"0":{"content":"<x>"}}}`: "share id 0",
	} {
		if _, err := withConfig(t, config); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func FuzzMerges(f *testing.F) {
	f.Add("#version: 0.2\nt h\nth e\n")
	f.Add("Ġ t\r\n\n")
	f.Add("a\n")
	vocab, err := readVocab("testdata/small/" + VocabName)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), MergesName)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		lines, err := readMerges(path)
		if err != nil {
			return
		}
		s := &source{vocabFile: VocabName, mergesFile: path, vocab: vocab, merges: lines}
		if tok, err := s.build(); err == nil {
			if back, err := tok.Decode(tok.Encode(text)); err != nil || back != text {
				t.Fatalf("%q came back as %q, %v", text, back, err)
			}
		}
	})
}

func FuzzTokenizerJSON(f *testing.F) {
	text, err := os.ReadFile("testdata/added/" + JSONName)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, seed := range []string{
		`{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-1.5],["a",-2e0]]},"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}}`,
		`{"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<unk>":0,"<0x00>":1,"▁":2,"a":3,"▁a":4},"merges":["▁ a"]},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}}`,
		`{"model":{"vocab":{"a":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"},"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"MergedWithNext","invert":true}}`,
		`{"model":{"vocab":{"a":0}},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"WhitespaceSplit"}]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{}}],"special_tokens":{"a":{"tokens":["a"]}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{},"merges":[["a"]]},"pre_tokenizer":{"type":"ByteLevel"}}`))
	f.Add([]byte(`{"added_tokens":[{"id":3,"content":""}],"model":{"vocab":{"a":1},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"}}`))
	dir := f.TempDir()
	path := filepath.Join(dir, JSONName)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if tok, err := Load(dir); err == nil {
			tok.Encode("any text")
		}
	})
}
