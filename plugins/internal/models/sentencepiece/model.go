package sentencepiece

import (
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// Type is the kind of a model.
type Type int

// The types that this package reads, numbered as in sentencepiece_model.proto.
const (
	Unigram Type = 1
	BPE     Type = 2
)

// Kind says what a piece is for.
type Kind int

// The kinds of pieces, numbered as in sentencepiece_model.proto.
const (
	Normal      Kind = 1
	Unknown     Kind = 2 // stands for what has no piece
	Control     Kind = 3 // never found in text, nothing when decoded
	UserDefined Kind = 4 // found in text before anything else
	Unused      Kind = 5 // merged through by BPE, but never the result
	Byte        Kind = 6 // "<0x00>" to "<0xFF>"
)

// Piece is one entry of the vocabulary; its id is its place in the list.
type Piece struct {
	Text  string
	Score float64 // a log-probability, or for BPE minus the rank
	Kind  Kind
}

// Model is a .model file. It is safe for concurrent use; its fields are to be read only.
type Model struct {
	Type           Type
	Pieces         []Piece
	Unknown        int32  // id of the unknown piece; -1 if there is none
	Begin          int32  // id of the begin-of-text piece; -1 if there is none
	End            int32  // id of the end-of-text piece; -1 if there is none
	Pad            int32  // id of the padding piece; -1 if there is none
	ByteFallback   bool   // unknown characters become the pieces of their UTF-8 bytes
	UnknownSurface string // what Decode writes for the unknown piece
	Normalizer     Normalizer

	encoder interface {
		Append(dst []int32, text string) []int32
	}
	bytes *bytePieces
}

// Load reads a .model file. Errors: contract.ErrNotFound, contract.ErrBadData
// naming what is wrong, contract.ErrUnsupported for WORD and CHAR models.
func Load(path string) (*Model, error) {
	data, err := regular.Read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads the content of a .model file (a protobuf ModelProto); name stands
// in messages. Errors as Load's.
func Parse(name string, data []byte) (*Model, error) {
	file, err := parseProto(data)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: not a SentencePiece model: %v", name, err)
	}
	m := file.model()
	for _, step := range []func() error{file.supported, m.checkPieces, m.findSpecial(file), m.buildNormalizer(file), m.buildEncoder} {
		if err := step(); err != nil {
			return nil, named(name, err)
		}
	}
	return m, nil
}

// buildEncoder makes what Append uses.
func (m *Model) buildEncoder() error {
	if m.Type == BPE {
		m.encoder = m.newScored()
		return nil
	}
	m.encoder = m.newUnigram()
	return nil
}

// named puts the file's name before a message.
func named(name string, err error) error {
	sentinel := contract.ErrBadData
	if errors.Is(err, contract.ErrUnsupported) {
		sentinel = contract.ErrUnsupported
	}
	return contract.Errorf(sentinel, "%s: %v", name, err)
}

// Encode is sentencepiece's EncodeAsIds: the text normalised and cut, with no
// begin or end piece.
func (m *Model) Encode(text string) []int32 {
	return m.Append(nil, m.Normalize(text))
}

// Normalize is the rewritten and escaped text that Append cuts.
func (m *Model) Normalize(text string) string { return m.Normalizer.apply(text) }

// Append cuts text that is already normalised and appends the ids to dst.
func (m *Model) Append(dst []int32, normalized string) []int32 {
	return m.encoder.Append(dst, normalized)
}
