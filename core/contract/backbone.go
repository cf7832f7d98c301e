package contract

import (
	"context"
	"encoding/json"
	"iter"
)

// Token ids of a backbone with N words, I users and J items: word w is w, the
// token <user_i> is N+i and <item_j> is N+I+j (as in the authors' code).

// ModelInfo describes a loaded language model.
type ModelInfo struct {
	Architecture string // the plugin's name for the kind of model
	VocabSize    int    // N, size of the word vocabulary
	Hidden       int    // K, width of a token embedding
	Layers       int
	Parameters   int64 // of the language model, which is frozen
	// MaxLength is the number of tokens that an example may have, beside a
	// begin-of-text token that the backbone sets itself (Encode never does).
	MaxLength int
	// SeparatePrompt is true for an encoder-decoder: the prompt goes to the
	// encoder, the main text to the decoder, and MaxLength holds for each (the
	// decoder's start token counted; see CheckLength).
	EncoderDecoder bool
	Device         string // such as "cpu" or "cuda:0"
	DType          string // such as "float32"
	Threads        int    // intra-op threads
	Library        string // such as "libtorch 2.8.0"
	Fingerprint    string // sha256 over the weights and the tokenizer
}

// Example is one training example as token ids.
//
// A decoder-only backbone reads Prompt and Main as one sequence; an
// encoder-decoder reads Prompt in its encoder and, in its decoder, a start token
// and then Main, whose first token the start token predicts. Main is empty for
// the multinomial objective; Targets (item indices, not token ids, without
// repetition) is empty for the others.
type Example struct {
	Prompt  []int32
	Main    []int32
	Targets []int32
	// Excluded are item indices, none of them a target, that have no part in the
	// softmax of the multinomial objective; it is empty for the others. It needs
	// CapabilityExcluded.
	Excluded []int32
	// Offsets are added to the logits of the multinomial objective before the softmax; they
	// are empty for the others. They need CapabilityOffsets.
	Offsets Offsets
}

// Offsets are numbers for all items, constant in training: Values[i] for Items[i], which
// are item indices without repetition, and Else for every item that is not among them. They
// are finite. Without items they are all zero.
type Offsets struct {
	Items  []int32
	Values []float32 // as Items
	Else   float32
}

// Examples streams examples in chunks; the backbone cuts them into batches
// of TrainSpec.Batch consecutive examples across chunk borders.
type Examples = iter.Seq2[[]Example, error]

// LMScore is the fit of a language model to examples.
type LMScore struct {
	NLL    float64 // sum of -ln p over the predicted tokens
	Tokens int64   // number of predicted tokens
}

// RankPrompt asks for the ranking of all items after a prompt, from the item
// head at the last token (paper: prediction).
type RankPrompt struct {
	Prompt []int32
	// Main is what an encoder-decoder's decoder reads behind its start token
	// (LLM-PreRec: the history). Any other backbone refuses it: ErrInvalid.
	Main []int32
	K    int32
	// Others ask the same in other tokens: items are ranked by the mean of their
	// logits over Prompt and all of these. It needs CapabilityMeanPrompts.
	Others []PromptText
	// Generate ranks by a generated sequence in place of one pass (Generation.Scores); then
	// there are no Others. It needs CapabilityGeneration.
	Generate Generation
}

// PromptText is a prompt, and the main text that an encoder-decoder reads behind it.
type PromptText struct {
	Prompt []int32
	Main   []int32
}

// Texts are all that is asked, Prompt first.
func (p RankPrompt) Texts() []PromptText {
	return append([]PromptText{{p.Prompt, p.Main}}, p.Others...)
}

// Backbone is a pretrained language model with towers of soft tokens. One with
// CapabilityReadsOnly opens towers as names alone, under which words are scored.
type Backbone interface {
	Plugin
	// Load reads the weights that Configure named. ErrNotFound, ErrBadData
	// (naming file and tensor), ErrUnsupported (dtype, device).
	Load(ctx context.Context, resources Resources, progress OnProgress) (ModelInfo, error)
	// Encode turns texts into word ids, without special tokens.
	Encode(ctx context.Context, texts []string) ([][]int32, error)
	// OpenTower makes a tower, replacing one of the same name. ErrUnsupported
	// names a mode of training that the backbone has no capability for.
	OpenTower(ctx context.Context, spec TowerSpec) error
	// CloseTower frees a tower.
	CloseTower(ctx context.Context, name string) error
	// TrainTower goes once over examples. ErrNonFinite names step and tower; the
	// tower is then as it was before the failing step.
	TrainTower(ctx context.Context, spec TrainSpec, examples Examples, progress OnProgress) (TrainResult, error)
	// Score measures the language-model loss of examples under a tower, without
	// dropout and without training. Objective is next item or next word.
	Score(ctx context.Context, spec ScoreSpec, examples Examples, progress OnProgress) (LMScore, error)
	// Rank ranks all items for each prompt. The answer to a prompt does not
	// depend on the prompts beside it beyond rounding.
	Rank(ctx context.Context, tower string, spec RankSpec, prompts []RankPrompt) ([]Ranking, error)
	// SaveTower writes a tower (and its optimiser) to a file, atomically.
	SaveTower(ctx context.Context, name, path string) error
	// LoadTower opens a tower from a file that SaveTower wrote.
	LoadTower(ctx context.Context, name, path string) error
}

// PretrainSpec trains a small language model of its own from text.
type PretrainSpec struct {
	Out string // folder for config.json, model.safetensors and the tokenizer
	// Shape is the architecture's own configuration (layers, heads, widths,
	// positions, size of the vocabulary), checked against its schema.
	Shape        json.RawMessage
	Steps        int
	Batch        int // sequences of the full context
	LearningRate float64
	Seed         uint64
	HoldOut      float64 // share of the texts kept aside for the final perplexity
}

// PretrainResult says what came out.
type PretrainResult struct {
	Model     ModelInfo
	Train     LMScore // over the last 100 steps
	HeldOut   LMScore
	VocabSize int
}

// Pretrainer is a Backbone with CapabilityPretrain.
type Pretrainer interface {
	Backbone
	// Pretrain needs Configure but not Load. Same spec, same texts and same
	// libtorch give the same bytes.
	Pretrain(ctx context.Context, spec PretrainSpec, texts iter.Seq2[[]string, error], progress OnProgress) (PretrainResult, error)
}
