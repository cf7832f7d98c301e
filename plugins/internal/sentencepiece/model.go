package sentencepiece

// Type is the kind of a model.
type Type int

// The types that sentencepiece calls UNIGRAM and BPE.
const (
	Unigram Type = 1
	BPE     Type = 2
)

// Kind says what a piece is for.
type Kind int

// The kinds of pieces, numbered as in sentencepiece_model.proto.
const (
	Normal      Kind = 1
	Unknown     Kind = 2
	Control     Kind = 3
	UserDefined Kind = 4
	Unused      Kind = 5
	Byte        Kind = 6
)

// Piece is one entry of the vocabulary; its id is its place in the list.
type Piece struct {
	Text  string
	Score float64
	Kind  Kind
}

// Model is a .model file. It is safe for concurrent use.
type Model struct {
	Type         Type
	Pieces       []Piece
	Unknown      int32 // id of the unknown piece
	Begin        int32 // id of the begin-of-text piece; -1 if there is none
	End          int32 // id of the end-of-text piece; -1 if there is none
	Pad          int32 // id of the padding piece; -1 if there is none
	ByteFallback bool  // unknown characters become the pieces of their UTF-8 bytes
	Normalizer   Normalizer
}

// Normalizer is how a model rewrites text before it cuts it.
type Normalizer struct {
	Name                   string // "nmt_nfkc", "identity", ...; for people only
	CharsMap               *CharsMap
	AddDummyPrefix         bool // put a space before the text
	RemoveExtraWhitespaces bool // drop spaces at the ends and join runs of them
	EscapeWhitespaces      bool // write a space as U+2581
	WhitespaceAsSuffix     bool // the dummy space goes to the end of the text
}
