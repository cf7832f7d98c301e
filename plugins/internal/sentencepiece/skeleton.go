package sentencepiece

import "errors"

var errSkeleton = errors.New("not there yet")

// Load reads a .model file. Errors: contract.ErrNotFound, contract.ErrBadData
// with the place, contract.ErrUnsupported for WORD and CHAR models.
func Load(path string) (*Model, error) { return nil, errSkeleton }

// Parse reads the content of a .model file; name stands in messages.
func Parse(name string, data []byte) (*Model, error) { return nil, errSkeleton }

// Encode is sentencepiece's EncodeAsIds: normalise, then cut; no begin or end.
func (m *Model) Encode(text string) []int32 { return nil }

// Normalize is the rewritten and escaped text that Append cuts.
func (m *Model) Normalize(text string) string { return "" }

// Append cuts already normalised text, appending ids to dst.
func (m *Model) Append(dst []int32, normalized string) []int32 { return dst }

// Decode is sentencepiece's DecodeIds. It fails for an id outside the vocabulary.
func (m *Model) Decode(ids []int32) (string, error) { return "", errSkeleton }

// CharsMap rewrites text by a precompiled map (a Darts double array over UTF-8
// sequences and a blob of replacements).
type CharsMap struct{}

// NewCharsMap reads the blob of a normalizer_spec or of tokenizer.json (after base64).
func NewCharsMap(blob []byte) (*CharsMap, error) { return nil, errSkeleton }

// Normalize rewrites as the "Precompiled" normaliser of tokenizers: by grapheme.
func (c *CharsMap) Normalize(text string) string { return text }

// UnigramEncoder cuts by the best path. Safe for concurrent use.
type UnigramEncoder struct{}

// NewUnigram is the "Unigram" model of a tokenizer.json: pieces in order of id
// (Kind is not read: every piece is found in text, as there), unknown -1 if none.
func NewUnigram(pieces []Piece, unknown int32, byteFallback bool) (*UnigramEncoder, error) {
	return nil, errSkeleton
}

// Append appends the ids of normalised, pre-tokenised text.
// With no unknown piece and a character that has no piece it returns false.
func (u *UnigramEncoder) Append(dst []int32, text string) ([]int32, bool) { return dst, true }

// BPEOptions are the settings of the "BPE" model of a tokenizer.json.
type BPEOptions struct {
	Unknown      int32 // -1: characters without a piece vanish, as there
	ByteFallback bool
	FuseUnknown  bool // a run of unknown characters is one unknown piece
	IgnoreMerges bool // a text that is itself a piece is that piece
}

// Merge joins two pieces; earlier in the list goes first.
type Merge struct{ Left, Right string }

// BPEEncoder cuts by merging neighbours. Safe for concurrent use.
type BPEEncoder struct{}

// NewRankedBPE is the "BPE" model of a tokenizer.json over characters (not
// byte-level): merges in order of rank.
func NewRankedBPE(pieces []Piece, merges []Merge, o BPEOptions) (*BPEEncoder, error) {
	return nil, errSkeleton
}

// Append appends the ids of normalised, pre-tokenised text.
func (b *BPEEncoder) Append(dst []int32, text string) []int32 { return dst }
