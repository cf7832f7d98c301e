package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzPipelines encodes one text with every kind of tokenizer.
func FuzzPipelines(f *testing.F) {
	for i, text := range awkward(f) {
		if i%7 == 0 {
			f.Add(text)
		}
	}
	f.Add("\xff <T5> \xc3(\xa0 <T1<T10>  word wordy")
	all := map[string]*Tokenizer{}
	for _, folder := range pipelines(f) {
		all[filepath.Base(folder)] = load(f, folder)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, tok := range all {
			ids := tok.Encode(text)
			back, err := tok.Decode(ids)
			if err != nil {
				t.Fatalf("%s: %+q: %v", name, text, err)
			}
			if want, known := decoded(name, text); known && back != want {
				t.Fatalf("%s: %+q came back as %+q", name, text, back)
			}
			if again := tok.Encode(text); !slices.Equal(ids, again) {
				t.Fatalf("%s: %+q is %v, then %v", name, text, ids, again)
			}
			spaced := tok.Encode(" " + text)
			if name == "sp-old" && !strings.HasPrefix(text, "<") && text != "" && !slices.Equal(spaced, tok.run(nil, text, false)) {
				t.Fatalf("%+q with a space before it is %v", text, spaced)
			}
		}
	})
}

// decoded is what a text must come back as, where a tokenizer loses nothing.
func decoded(name, text string) (string, bool) {
	switch name {
	case "bytes", "llama3", "smollm":
		return text, true
	case "characters", "sp-old", "sp-new":
		if name != "characters" && (strings.HasPrefix(text, " ") || strings.HasPrefix(text, sign)) {
			return "", false // is "text" and " text" alike
		}
		for _, special := range []string{"<unk>", "<s>", "</s>"} {
			if strings.Contains(text, special) {
				return "", false
			}
		}
		return strings.ReplaceAll(string([]rune(text)), sign, " "), true
	}
	return "", false
}

// FuzzCutters holds the fast ways against the plain ones.
func FuzzCutters(f *testing.F) {
	for i, text := range awkward(f) {
		if i%7 == 0 {
			f.Add(text)
		}
	}
	f.Add("a\u0301 \u0301\r\n\r\u0301 \u0600a\u200d\u200da")
	ranked := load(f, "testdata/pipelines/sp-old").model
	chars := load(f, "testdata/pipelines/unigram").normalizers[0].(*charsMap)
	signs := metaspace{sign: sign, prepend: always, split: true}
	f.Fuzz(func(t *testing.T, text string) {
		text = string([]rune(text))
		if fast, slow := chars.normalize(text), chars.slow.Normalize(text); fast != slow {
			t.Errorf("%+q becomes %+q, not %+q", text, fast, slow)
		}
		if fast, slow := cuts(text, signedWords{signs}), cuts(text, whitespaceSplit{}, signs); !slices.Equal(fast, slow) {
			t.Errorf("%+q is cut into %+q, not %+q", text, fast, slow)
		}
		for _, scan := range []scanner{gpt2Word, cl100k(1), cl100k(3)} {
			if parts := cuts(text, scan); strings.Join(parts, "") != text || slices.Contains(parts, "") {
				t.Errorf("%+q is cut into %+q", text, parts)
			}
		}
		var parts []int32
		for _, part := range cuts(text, signRuns(sign)) {
			parts = ranked.appendWord(parts, part)
		}
		if whole := ranked.appendWord(nil, text); text != "" && !slices.Equal(parts, whole) {
			t.Errorf("%+q is %v in parts and %v as a whole", text, parts, whole)
		}
	})
}

// collector is a last cutter that remembers the parts.
type collector struct{ parts []string }

func (c *collector) cut(_ *run, _ int, text string, _ bool) { c.parts = append(c.parts, text) }

func cuts(text string, by ...cutter) []string {
	var c collector
	r := run{t: &Tokenizer{cutters: append(by, &c)}}
	r.cut(0, text, true)
	return c.parts
}

// FuzzConfig reads files that stand beside a tokenizer.
func FuzzConfig(f *testing.F) {
	f.Add(`{"tokenizer_class":"LlamaTokenizer","add_bos_token":false,"pad_token":"[PAD]"}`, `{"bos_token":{"content":"<s>"}}`)
	f.Add(`{"add_prefix_space":true,"added_tokens_decoder":{"620":{"content":"<x>","lstrip":true}}}`, `{"additional_special_tokens":["a",{"content":"b"}]}`)
	f.Add(`{"added_tokens_decoder":{"-1":{"content":""}}}`, `{"bos_token":3}`)
	dir := f.TempDir()
	text, err := os.ReadFile("testdata/pipelines/sp-old/" + JSONName)
	if err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, JSONName), text, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, config, special string) {
		for name, text := range map[string]string{ConfigName: config, SpecialName: special} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		tok, err := Load(dir)
		if err != nil {
			return
		}
		ids := tok.Encode(config + special)
		if back, err := tok.Decode(ids); err != nil || !utf8.ValidString(back) && utf8.ValidString(config+special) {
			t.Fatalf("%+q, %v", back, err)
		}
	})
}
