package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"cllm4rec/core/contract"
)

// Save writes vocab.json and merges.txt to a folder, each atomically, so that
// Load and the reference implementation give the same ids. Added tokens that
// are not EndOfText go to added_tokens.json too. ErrUnsupported for a tokenizer
// that these files cannot describe.
func (t *Tokenizer) Save(dir string) error {
	if !t.pair {
		return contract.Errorf(contract.ErrUnsupported, "only a tokenizer of GPT-2's kind can be saved as %s and %s", VocabName, MergesName)
	}
	files := []struct {
		name string
		text []byte
	}{{VocabName, t.vocabJSON()}, {MergesName, t.mergesText()}, {AddedName, t.addedJSON()}}
	for _, f := range files {
		if f.text == nil {
			continue
		}
		if err := renameio.WriteFile(filepath.Join(dir, f.name), f.text, 0o644, renameio.WithTempDir(dir)); err != nil {
			return err
		}
	}
	return nil
}

// vocabJSON lists the tokens by id, a token a line.
func (t *Tokenizer) vocabJSON() []byte {
	text := bytes.NewBufferString("{")
	for id, token := range t.tokens {
		if token == "" {
			continue
		}
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		writeEntry(text, token, id)
	}
	text.WriteString("\n}\n")
	return text.Bytes()
}

// writeEntry writes "token": id. A text always encodes.
func writeEntry(text *bytes.Buffer, token string, id int) {
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	_ = e.Encode(token)
	fmt.Fprintf(text, "\n%s: %d", bytes.TrimSpace(quoted.Bytes()), id)
}

func (t *Tokenizer) mergesText() []byte {
	text := bytes.NewBufferString("#version: 0.2\n")
	for _, p := range t.order() {
		text.WriteString(t.tokens[p.left] + " " + t.tokens[p.right] + "\n")
	}
	return text.Bytes()
}

// order lists the pairs that a byte-level model joins, by rank.
func (t *Tokenizer) order() []pair {
	if b, is := t.model.(*byteLevel); is {
		return b.order
	}
	return nil
}

// addedJSON is nil when there is nothing beyond EndOfText.
func (t *Tokenizer) addedJSON() []byte {
	more := map[string]int32{}
	for _, found := range []added{t.special, t.added} {
		for _, list := range found.byFirst {
			for _, a := range list {
				if a.Text != EndOfText {
					more[a.Text] = a.ID
				}
			}
		}
	}
	if len(more) == 0 {
		return nil
	}
	text, _ := json.MarshalIndent(more, "", " ") // a map of texts and numbers always encodes
	return append(text, '\n')
}
