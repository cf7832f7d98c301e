package tokenizer

import "unicode/utf8"

// alphabet is GPT-2's reversible spelling of bytes as printable characters:
// printable Latin-1 stands for itself, every other byte for U+0100 onwards.
// ("bytes_to_unicode" of openai/gpt-2, encoder.py.)
type alphabet struct {
	runes [256]rune
	bytes map[rune]byte
}

func newAlphabet() alphabet {
	a := alphabet{bytes: make(map[rune]byte, 256)}
	next := rune(256)
	for b := range rune(256) {
		r := b
		if printable := b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae; !printable {
			r, next = next, next+1
		}
		a.runes[b], a.bytes[r] = r, byte(b)
	}
	return a
}

// spell writes bytes as a token of vocab.json.
func (a *alphabet) spell(raw string) string {
	token := make([]byte, 0, 2*len(raw))
	for i := range len(raw) {
		token = utf8.AppendRune(token, a.runes[raw[i]])
	}
	return string(token)
}

// read is the inverse of spell. A token with a character outside the alphabet
// stands for itself, as in the reference implementation.
func (a *alphabet) read(token string) string {
	raw := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := a.bytes[r]
		if !ok {
			return token
		}
		raw = append(raw, b)
	}
	return string(raw)
}
