package sentencepiece

import (
	"fmt"
	"math"
	"strings"
)

// maxPieceBytes is sentencepiece's bound on the length of a piece.
const maxPieceBytes = 8000

// nullPiece is a piece that some converters add; sentencepiece leaves it out.
const nullPiece = "\x00"

// bytePieces holds the ids of the pieces of the 256 bytes, -1 where there is
// none; nil is no byte fallback.
type bytePieces [256]int32

// findBytes finds the pieces of the bytes by their texts; find returns -1 for none.
func findBytes(find func(text string) int32) *bytePieces {
	var b bytePieces
	for i := range b {
		b[i] = find(byteName(byte(i)))
	}
	return &b
}

// append appends the pieces of the bytes of text, if all of them are there.
func (b *bytePieces) append(dst []int32, text string) ([]int32, bool) {
	if b == nil {
		return dst, false
	}
	begin := len(dst)
	for i := range len(text) {
		if b[text[i]] < 0 {
			return dst[:begin], false
		}
		dst = append(dst, b[text[i]])
	}
	return dst, true
}

// byteName is the text of a byte's piece.
func byteName(b byte) string { return fmt.Sprintf("<0x%02X>", b) }

// byteOf is the byte of a piece's text.
func byteOf(text string) (byte, bool) {
	if len(text) != len("<0x00>") || !strings.HasPrefix(text, "<0x") || text[5] != '>' {
		return 0, false
	}
	const digits = "0123456789ABCDEF"
	high, low := strings.IndexByte(digits, text[3]), strings.IndexByte(digits, text[4])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

// matchable reports whether sentencepiece may find the piece in text; the other
// kinds have names of their own.
func (p Piece) matchable() bool {
	return p.Kind == Normal || p.Kind == UserDefined || p.Kind == Unused
}

// skipped reports whether the piece has an id but is never found.
func (p Piece) skipped() bool { return p.Text == nullPiece && p.Kind == Unused }

// checkPieces checks the vocabulary as sentencepiece does
// (ModelInterface::InitializePieces) and finds the unknown piece and the bytes.
func (m *Model) checkPieces() error {
	m.Unknown = -1
	if m.ByteFallback {
		m.bytes = &bytePieces{}
	}
	seen, bytes := make(map[nameKey]int, len(m.Pieces)), 0
	for id := range m.Pieces {
		p := &m.Pieces[id]
		if p.Text == nullPiece && m.ByteFallback {
			p.Kind = Unused
		}
		if p.skipped() {
			continue
		}
		err := p.check()
		if err == nil {
			err = m.once(seen, id)
		}
		if err == nil {
			err = m.note(int32(id), *p, &bytes)
		}
		if err != nil {
			return fmt.Errorf("piece %d: %w", id, err)
		}
	}
	return m.complete(bytes)
}

// once fails for a piece that is there already.
func (m *Model) once(seen map[nameKey]int, id int) error {
	p := m.Pieces[id]
	key := nameKey{p.Text, m.Type == BPE || p.matchable()}
	if first, twice := seen[key]; twice {
		return fmt.Errorf("%q is also piece %d", p.Text, first)
	}
	seen[key] = id
	return nil
}

// nameKey is what may stand once in a vocabulary: in a unigram model, reserved
// pieces and the others do not get in each other's way.
type nameKey struct {
	text  string
	plain bool
}

func (p Piece) check() error {
	switch {
	case p.Text == "":
		return fmt.Errorf("has no text")
	case len(p.Text) >= maxPieceBytes:
		return fmt.Errorf("has %d bytes; expected fewer than %d", len(p.Text), maxPieceBytes)
	case strings.Contains(p.Text, "\x00"):
		return fmt.Errorf("%q contains a null character", p.Text)
	case math.IsNaN(p.Score) || math.IsInf(p.Score, 0):
		return fmt.Errorf("%q has score %v; expected a finite number", p.Text, p.Score)
	}
	return nil
}

// note keeps the ids of the pieces with a role.
func (m *Model) note(id int32, p Piece, bytes *int) error {
	switch p.Kind {
	case Unknown:
		if m.Unknown >= 0 {
			return fmt.Errorf("%q is a second unknown piece beside piece %d", p.Text, m.Unknown)
		}
		m.Unknown = id
	case Byte:
		b, ok := byteOf(p.Text)
		if !ok || !m.ByteFallback {
			return fmt.Errorf("byte piece %q; expected <0x00> to <0xFF> in a model with byte_fallback", p.Text)
		}
		m.bytes[b] = id
		*bytes++
	}
	return nil
}

func (m *Model) complete(bytes int) error {
	if m.ByteFallback && bytes != 256 {
		return fmt.Errorf("byte_fallback is set with %d byte pieces; expected 256", bytes)
	}
	if !m.ByteFallback && m.Unknown < 0 {
		return fmt.Errorf("it has no unknown piece")
	}
	return nil
}

// findSpecial finds the control pieces by their texts, which is what counts in
// sentencepiece, not the ids of the trainer_spec.
func (m *Model) findSpecial(p *modelProto) func() error {
	return func() error {
		ids := map[string]int32{}
		for id, piece := range m.Pieces {
			if piece.Kind == Control {
				ids[piece.Text] = int32(id)
			}
		}
		for _, role := range []struct {
			id   *int32
			text string
		}{{&m.Begin, p.trainer.begin}, {&m.End, p.trainer.end}, {&m.Pad, p.trainer.pad}} {
			*role.id = -1
			if id, ok := ids[role.text]; ok {
				*role.id = id
			}
		}
		return nil
	}
}
