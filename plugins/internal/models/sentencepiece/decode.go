package sentencepiece

import (
	"strings"

	"cllm4rec/core/contract"
)

// Decode is sentencepiece's DecodeIds: U+2581 becomes a space, byte pieces become
// characters (U+FFFD where they are none), control pieces nothing and the unknown
// piece UnknownSurface. Errors: contract.ErrInvalid for an id outside the vocabulary.
func (m *Model) Decode(ids []int32) (string, error) {
	d := decoder{model: m, first: true}
	for _, id := range ids {
		if id < 0 || int(id) >= len(m.Pieces) {
			return "", contract.Errorf(contract.ErrInvalid, "token %d; expected 0 to %d", id, len(m.Pieces)-1)
		}
		d.add(m.Pieces[id])
	}
	d.flush()
	return d.out.String(), nil
}

// decoder writes text piece by piece.
type decoder struct {
	model *Model
	out   strings.Builder
	bytes []byte // of byte pieces in a row
	first bool   // a space here is the dummy one
}

func (d *decoder) add(p Piece) {
	if p.Kind == Byte {
		b, _ := byteOf(p.Text)
		d.bytes = append(d.bytes, b)
		return
	}
	d.flush()
	d.first = d.first && d.out.Len() == 0
	switch p.Kind {
	case Control:
		return
	case Unknown:
		d.out.WriteString(d.model.UnknownSurface)
	default:
		text, gone := d.dropDummy(p.Text)
		d.out.WriteString(strings.ReplaceAll(text, spaceSymbol, " "))
		d.first = d.first && !gone
	}
	d.first = d.first && d.out.Len() == 0
}

// dropDummy takes the dummy space off the first piece. It says whether that was
// all: with extra spaces removed, every leading one goes.
func (d *decoder) dropDummy(text string) (rest string, all bool) {
	n := &d.model.Normalizer
	if !d.first || !n.AddDummyPrefix && !n.RemoveExtraWhitespaces {
		return text, false
	}
	rest, found := strings.CutPrefix(text, spaceSymbol)
	return rest, found && !n.RemoveExtraWhitespaces
}

func (d *decoder) flush() {
	d.out.WriteString(valid(string(d.bytes)))
	d.bytes = d.bytes[:0]
}
