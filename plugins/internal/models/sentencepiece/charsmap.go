package sentencepiece

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"cllm4rec/core/contract"
)

// CharsMap rewrites text by a precompiled map: rules from UTF-8 sequences to
// texts. It is safe for concurrent use.
type CharsMap struct {
	units []unit
	texts string // replacements, each ended by a NUL
}

// unit is one unit of a Darts-clone double array (github.com/s-yata/darts-clone):
// a leaf holds a value in its lower 31 bits, another unit the label of the byte
// that leads to it, whether a leaf follows, and the distance to its children.
type unit uint32

func (u unit) hasLeaf() bool  { return u>>8&1 == 1 }
func (u unit) value() uint32  { return uint32(u) & (1<<31 - 1) }
func (u unit) label() uint32  { return uint32(u) & (1<<31 | 0xff) }
func (u unit) offset() uint32 { return uint32(u>>10) << (uint32(u) & (1 << 9) >> 6) }
func (u unit) leaf() bool     { return u.label() > 0xff }

// maxRules is how many rules that apply at one place sentencepiece looks at.
const maxRules = 32

// NewCharsMap reads the precompiled_charsmap of a normalizer_spec or, after
// base64, of a tokenizer.json: the length in bytes of the double array as
// little-endian uint32, the array, the replacements. Errors: contract.ErrBadData.
func NewCharsMap(blob []byte) (*CharsMap, error) {
	if len(blob) < 4 {
		return nil, badMap("%d bytes; expected a length, a double array and texts", len(blob))
	}
	size, rest := uint64(binary.LittleEndian.Uint32(blob)), blob[4:]
	if size < 1024 || size%1024 != 0 || size >= uint64(len(rest)) {
		return nil, badMap("a double array of %d bytes in %d; expected a multiple of 1024 that fits", size, len(rest))
	}
	c := &CharsMap{units: make([]unit, size/4), texts: string(rest[size:])}
	for i := range c.units {
		c.units[i] = unit(binary.LittleEndian.Uint32(rest[4*i:]))
	}
	return c, c.check()
}

func badMap(format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "precompiled_charsmap: "+format, args...)
}

// check makes sure that no walk leaves the array and that every rule leads to a text.
func (c *CharsMap) check() error {
	if !utf8.ValidString(c.texts) || c.texts[len(c.texts)-1] != 0 {
		return badMap("the texts are not UTF-8 that ends with a NUL")
	}
	if root := c.units[0]; root.label() != 0 || root.hasLeaf() || root.offset() == 0 {
		return badMap("unit 0 is not a root")
	}
	for i, u := range c.units {
		if err := c.checkUnit(uint32(i), u); err != nil {
			return err
		}
	}
	return nil
}

func (c *CharsMap) checkUnit(i uint32, u unit) error {
	child := i ^ u.offset()
	switch n := uint32(len(c.units)); {
	case u.leaf() && (u.value() >= uint32(len(c.texts)) || !utf8.RuneStart(c.texts[u.value()])):
		return badMap("unit %d leads to byte %d of %d of texts", i, u.value(), len(c.texts))
	case !u.leaf() && child|0xff >= n:
		return badMap("unit %d leads to unit %d of %d", i, child|0xff, n)
	case !u.leaf() && u.hasLeaf() && !c.units[child].leaf():
		return badMap("unit %d promises a value that is not there", i)
	}
	return nil
}

// walk calls visit with the length and the text's place of every rule for a
// prefix of text, shortest first, until it returns false.
func (c *CharsMap) walk(text string, visit func(length int, value uint32) bool) {
	at := c.units[0].offset()
	for i := range len(text) {
		at ^= uint32(text[i])
		u := c.units[at]
		if u.label() != uint32(text[i]) {
			return
		}
		at ^= u.offset()
		if u.hasLeaf() && !visit(i+1, c.units[at].value()) {
			return
		}
	}
}

// longest is the longest rule for a prefix of text; length 0 if there is none.
func (c *CharsMap) longest(text string) (to string, length int) {
	var value uint32
	rules := 0
	c.walk(text, func(n int, v uint32) bool {
		length, value = n, v
		rules++
		return rules < maxRules
	})
	if length == 0 {
		return "", 0
	}
	return c.text(value), length
}

// shortest is the shortest rule for a prefix of text, as tokenizers takes it;
// there a NUL ends the search.
func (c *CharsMap) shortest(text string) (to string, ok bool) {
	if end := strings.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	c.walk(text, func(_ int, value uint32) bool {
		to, ok = c.text(value), true
		return false
	})
	return to, ok
}

func (c *CharsMap) text(value uint32) string {
	rest := c.texts[value:]
	return rest[:strings.IndexByte(rest, 0)]
}

// Normalize rewrites as the "Precompiled" normaliser of tokenizers: a grapheme
// of up to 5 bytes as a whole by the first rule for its beginning (which drops
// the rest of it), otherwise character by character.
func (c *CharsMap) Normalize(text string) string {
	text = valid(text)
	var out strings.Builder
	out.Grow(len(text))
	for clusters := graphemes.FromString(text); clusters.Next(); {
		cluster := clusters.Value()
		if len(cluster) < 6 {
			if to, ok := c.shortest(cluster); ok {
				out.WriteString(to)
				continue
			}
		}
		for i, r := range cluster {
			c.rewrite(&out, cluster[i:i+utf8.RuneLen(r)])
		}
	}
	return out.String()
}

func (c *CharsMap) rewrite(out *strings.Builder, character string) {
	if to, ok := c.shortest(character); ok {
		out.WriteString(to)
		return
	}
	out.WriteString(character)
}

// valid puts U+FFFD for each byte that is not UTF-8.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}
