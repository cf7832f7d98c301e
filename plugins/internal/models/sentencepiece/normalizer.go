package sentencepiece

import (
	"strings"
	"unicode/utf8"
)

// spaceSymbol is what stands for a space in pieces, U+2581.
const spaceSymbol = "\u2581"

// Normalizer is how a model rewrites text before it cuts it.
type Normalizer struct {
	Name                   string    // "nmt_nfkc", "identity", ...; says nothing that CharsMap does not
	CharsMap               *CharsMap // nil: characters stay
	AddDummyPrefix         bool      // put a space before the text
	RemoveExtraWhitespaces bool      // drop spaces at the ends and all but one of each run
	EscapeWhitespaces      bool      // write a space as U+2581
	WhitespaceAsSuffix     bool      // the dummy space goes to the end of the text

	keep *trie[float32] // user-defined pieces, which are not rewritten
}

func (m *Model) buildNormalizer(p *modelProto) func() error {
	return func() (err error) {
		if blob := p.normalizer.charsMap; len(blob) > 0 {
			if m.Normalizer.CharsMap, err = NewCharsMap(blob); err != nil {
				return err
			}
		}
		m.Normalizer.keep = newTrie[float32](m.keys(func(p Piece) bool { return p.Kind == UserDefined }), nil)
		return nil
	}
}

// apply follows Normalizer::Normalize of sentencepiece.
func (n *Normalizer) apply(text string) string {
	if n.RemoveExtraWhitespaces {
		text = n.trimLeft(text)
	}
	if text == "" {
		return ""
	}
	var out strings.Builder
	out.Grow(len(text) + len(text)/2 + len(spaceSymbol))
	if n.AddDummyPrefix && !n.WhitespaceAsSuffix {
		out.WriteString(n.space())
	}
	n.rewrite(&out, text)
	normalized := out.String()
	for n.RemoveExtraWhitespaces && strings.HasSuffix(normalized, n.space()) {
		normalized = strings.TrimSuffix(normalized, n.space())
	}
	if n.AddDummyPrefix && n.WhitespaceAsSuffix {
		normalized += n.space()
	}
	return normalized
}

func (n *Normalizer) space() string {
	if n.EscapeWhitespaces {
		return spaceSymbol
	}
	return " "
}

func (n *Normalizer) trimLeft(text string) string {
	for text != "" {
		to, length := n.prefix(text)
		if to != " " {
			break
		}
		text = text[length:]
	}
	return text
}

// rewrite writes the text rule by rule.
func (n *Normalizer) rewrite(out *strings.Builder, text string) {
	afterSpace := n.RemoveExtraWhitespaces
	for text != "" {
		to, length := n.prefix(text)
		text = text[length:]
		if afterSpace {
			to = strings.TrimLeft(to, " ")
		}
		if to == "" {
			continue
		}
		n.write(out, to)
		afterSpace = n.RemoveExtraWhitespaces && to[len(to)-1] == ' '
	}
}

func (n *Normalizer) write(out *strings.Builder, to string) {
	if !n.EscapeWhitespaces || strings.IndexByte(to, ' ') < 0 {
		out.WriteString(to)
		return
	}
	out.WriteString(strings.ReplaceAll(to, " ", spaceSymbol))
}

// prefix is what becomes of the beginning of a text and how long that is: a
// user-defined piece, else the longest rule, else one character.
func (n *Normalizer) prefix(text string) (to string, length int) {
	if length := n.keep.longest(text); length > 0 {
		return text[:length], length
	}
	if n.CharsMap != nil {
		if to, length = n.CharsMap.longest(text); length > 0 {
			return to, length
		}
	}
	r, length := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && length == 1 {
		return "\ufffd", 1
	}
	return text[:length], length
}
