package sentencepiece

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"cllm4rec/core/contract"
)

// modelProto is what this package needs of sentencepiece_model.proto's ModelProto;
// zero fields are filled with the proto's defaults before reading.
type modelProto struct {
	pieces       []Piece
	trainer      trainerSpec
	normalizer   normalizerSpec
	denormalizer normalizerSpec
}

type trainerSpec struct {
	modelType                       Type
	begin, end, pad, unknownSurface string // texts of the pieces
	byteFallback, whitespaceSuffix  bool
}

type normalizerSpec struct {
	name                          string
	charsMap                      []byte
	dummyPrefix, removeExtra, esc bool
}

// field is one field of a message: a number for the wire types varint and fixed,
// bytes for the others.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64
	bytes  []byte
}

// eachField goes through a message and hands out its fields.
func eachField(message []byte, visit func(field) error) error {
	for at := 0; at < len(message); {
		f, n := nextField(message[at:])
		if n < 0 {
			return fmt.Errorf("offset %d: %w", at, protowire.ParseError(n))
		}
		if err := visit(f); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func nextField(b []byte) (field, int) {
	var f field
	var head, body int
	if f.number, f.kind, head = protowire.ConsumeTag(b); head < 0 {
		return f, head
	}
	switch rest := b[head:]; f.kind {
	case protowire.VarintType:
		f.value, body = protowire.ConsumeVarint(rest)
	case protowire.BytesType:
		f.bytes, body = protowire.ConsumeBytes(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, body = protowire.ConsumeFixed32(rest)
		f.value = uint64(v)
	default:
		body = protowire.ConsumeFieldValue(f.number, f.kind, rest)
	}
	if body < 0 {
		return f, body
	}
	return f, head + body
}

// is reports whether the field has this number, and fails when its type is another.
func (f field) is(number protowire.Number, kind protowire.Type) bool {
	return f.number == number && f.kind == kind
}

func parseProto(data []byte) (*modelProto, error) {
	file := &modelProto{
		trainer:    trainerSpec{modelType: Unigram, begin: "<s>", end: "</s>", pad: "<pad>", unknownSurface: " \u2047 "},
		normalizer: normalizerSpec{dummyPrefix: true, removeExtra: true, esc: true},
	}
	err := eachField(data, func(f field) error {
		switch {
		case f.is(1, protowire.BytesType):
			return file.readPiece(f.bytes)
		case f.is(2, protowire.BytesType):
			return file.trainer.read(f.bytes)
		case f.is(3, protowire.BytesType):
			return file.normalizer.read(f.bytes)
		case f.is(5, protowire.BytesType):
			return file.denormalizer.read(f.bytes)
		}
		return nil
	})
	if err == nil && len(file.pieces) == 0 {
		err = fmt.Errorf("it has no pieces")
	}
	return file, err
}

func (p *modelProto) readPiece(message []byte) error {
	piece := Piece{Kind: Normal}
	err := eachField(message, func(f field) error {
		switch {
		case f.is(1, protowire.BytesType):
			piece.Text = string(f.bytes)
		case f.is(2, protowire.Fixed32Type):
			piece.Score = float64(math.Float32frombits(uint32(f.value)))
		case f.is(3, protowire.VarintType) && f.value >= 1 && f.value <= 6:
			piece.Kind = Kind(f.value)
		case f.is(3, protowire.VarintType):
			return fmt.Errorf("type %d; expected 1 to 6", f.value)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("piece %d: %w", len(p.pieces), err)
	}
	p.pieces = append(p.pieces, piece)
	return nil
}

func (t *trainerSpec) read(message []byte) error {
	texts := map[protowire.Number]*string{44: &t.unknownSurface, 46: &t.begin, 47: &t.end, 48: &t.pad}
	flags := map[protowire.Number]*bool{24: &t.whitespaceSuffix, 35: &t.byteFallback}
	return eachField(message, func(f field) error {
		switch {
		case f.is(3, protowire.VarintType):
			t.modelType = Type(f.value)
		case f.kind == protowire.BytesType && texts[f.number] != nil:
			*texts[f.number] = string(f.bytes)
		case f.kind == protowire.VarintType && flags[f.number] != nil:
			*flags[f.number] = f.value != 0
		}
		return nil
	})
}

func (s *normalizerSpec) read(message []byte) error {
	flags := map[protowire.Number]*bool{3: &s.dummyPrefix, 4: &s.removeExtra, 5: &s.esc}
	return eachField(message, func(f field) error {
		switch {
		case f.is(1, protowire.BytesType):
			s.name = string(f.bytes)
		case f.is(2, protowire.BytesType):
			s.charsMap = f.bytes
		case f.kind == protowire.VarintType && flags[f.number] != nil:
			*flags[f.number] = f.value != 0
		}
		return nil
	})
}

// supported refuses models that this package cannot follow.
func (p *modelProto) supported() error {
	names := map[Type]string{3: "WORD", 4: "CHAR"}
	switch t := p.trainer.modelType; {
	case t != Unigram && t != BPE && names[t] != "":
		return contract.Errorf(contract.ErrUnsupported, "model type %s is not supported; expected UNIGRAM or BPE", names[t])
	case t != Unigram && t != BPE:
		return fmt.Errorf("model type %d; expected 1 (UNIGRAM) or 2 (BPE)", t)
	case len(p.denormalizer.charsMap) > 0:
		return contract.Errorf(contract.ErrUnsupported, "a denormalizer is not supported")
	}
	return nil
}

func (p *modelProto) model() *Model {
	n := p.normalizer
	return &Model{
		Type: p.trainer.modelType, Pieces: p.pieces, ByteFallback: p.trainer.byteFallback, UnknownSurface: p.trainer.unknownSurface,
		Normalizer: Normalizer{Name: n.name, AddDummyPrefix: n.dummyPrefix, RemoveExtraWhitespaces: n.removeExtra,
			EscapeWhitespaces: n.esc, WhitespaceAsSuffix: p.trainer.whitespaceSuffix},
	}
}
