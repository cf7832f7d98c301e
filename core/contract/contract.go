// Package contract is what the runner and its plugins agree on: three kinds of
// plugin as Go interfaces with plain types, the errors that keep their meaning
// across the process boundary, and a version per kind.
//
// The package is a leaf: it imports the standard library only. Identifiers of
// users and items are raw strings where a dataset speaks and dense indices
// (0..n-1, assigned by the host) everywhere else.
package contract

import (
	"context"
	"encoding/json"
	"slices"
)

// Kind names what a plugin is. Binaries lie in folders of their own per kind:
// datasets, baselines (the recommenders) and backbones.
type Kind string

// The kinds of plugin.
const (
	KindDataset     Kind = "dataset"
	KindRecommender Kind = "recommender"
	KindBackbone    Kind = "backbone"
)

// Kinds lists every kind in the order in which they are shown.
func Kinds() []Kind { return []Kind{KindDataset, KindRecommender, KindBackbone} }

// Version is the version of a kind's contract. The host refuses a plugin that
// was built for another one.
func (k Kind) Version() int {
	switch k {
	case KindDataset, KindRecommender:
		return 2 // resources, epochs, state, features, attributes
	case KindBackbone:
		return 3 // resources, embeddings of texts, vectors of towers
	default:
		return 0
	}
}

// Capability is something that a plugin may offer beyond what its kind demands.
type Capability string

// The capabilities.
const (
	// CapabilityTexts: a dataset has texts; a recommender wants them in training.
	CapabilityTexts Capability = "texts"
	// CapabilityGivenSplit: a dataset's interactions carry the part they belong to,
	// at least under some of its parameters.
	CapabilityGivenSplit Capability = "given_split"
	// CapabilityPretrain: a backbone can train a small language model from text (Pretrainer).
	CapabilityPretrain Capability = "pretrain"
	// CapabilityTrainAll: a backbone trains a tower's own copy of every weight (TrainAll).
	CapabilityTrainAll Capability = "train_all"
	// CapabilityLoRA: a backbone trains low-rank additions to its layers (TrainLoRA).
	CapabilityLoRA Capability = "lora"
	// CapabilityCUDA: a backbone was built with CUDA and sees a device.
	CapabilityCUDA Capability = "cuda"
	// CapabilityEpochs: a recommender learns in epochs (EpochTrainer).
	CapabilityEpochs Capability = "epochs"
	// CapabilityState: a recommender saves and loads what it learnt (Stateful).
	CapabilityState Capability = "state"
	// CapabilityFoldIn: a recommender ranks for a history without a user (Query.User
	// is NoUser).
	CapabilityFoldIn Capability = "fold_in"
	// CapabilityOrder: what a recommender learns depends on the order of a user's
	// history: of times where the data have them, else of the stream. It says so in
	// a parameter `order`.
	CapabilityOrder Capability = "order"
	// CapabilityFeatures: a recommender takes feature matrices in training.
	CapabilityFeatures Capability = "features"
	// CapabilityAttributes: a dataset has typed attributes (AttributeSource); a
	// recommender wants them in training.
	CapabilityAttributes Capability = "attributes"
	// CapabilitySide: a recommender takes side interactions in training.
	CapabilitySide Capability = "side_interactions"
	// CapabilityVectors: a recommender gives a vector per user or item after
	// training (VectorSource), a backbone the soft tokens of a tower (TowerReader).
	CapabilityVectors Capability = "vectors"
	// CapabilityLeaveOut: a recommender ranks as if a user had not been trained on
	// (LeavesOut).
	CapabilityLeaveOut Capability = "leave_out"
	// CapabilitySniff: a dataset recognises its own files (Sniffer).
	CapabilitySniff Capability = "sniff"
	// CapabilityEmbed: a backbone gives a vector per text (Embedder).
	CapabilityEmbed Capability = "embed"
	// CapabilityFirstStep: a backbone takes a pass in several calls of TrainTower
	// (TrainSpec.FirstStep); without it, only whole passes are asked for.
	CapabilityFirstStep Capability = "first_step"
	// CapabilityItemMap: a backbone's item tokens may be a map of features (ItemMapper).
	CapabilityItemMap Capability = "item_map"
	// CapabilityItemBias: a backbone's item head may have biases (TowerSpec.ItemBias).
	CapabilityItemBias Capability = "item_bias"
	// CapabilityExcluded: a backbone leaves items out of a softmax (Example.Excluded).
	CapabilityExcluded Capability = "excluded_items"
	// CapabilityOffsets: a backbone adds given numbers to the logits of a softmax
	// (Example.Offsets).
	CapabilityOffsets Capability = "logit_offsets"
	// CapabilityMeanPrompts: a backbone ranks by the mean of several prompts
	// (RankPrompt.Others).
	CapabilityMeanPrompts Capability = "mean_prompts"
	// CapabilityNewcomers: a backbone serves users and items that a tower was not trained
	// on (Newcomers).
	CapabilityNewcomers Capability = "newcomers"
	// CapabilityGeneration: a backbone ranks by generating items (RankPrompt.Generate).
	CapabilityGeneration Capability = "generation"
	// CapabilityExtendedHead: a backbone predicts main tokens of every kind by one softmax
	// over words, users and items (TrainSpec.Extended, ScoreSpec.Extended).
	CapabilityExtendedHead Capability = "extended_head"
	// CapabilityReadsOnly: a backbone reads texts alone (Encode, Score of words, Embed). Its
	// towers have no soft tokens: what trains them, ranks by them or keeps them is
	// ErrUnsupported, and no pipeline runs over it.
	CapabilityReadsOnly Capability = "reads_only"
)

// Info says what a plugin is.
type Info struct {
	Kind    Kind
	Name    string // as in the experiment file's `plugin:`
	Version string // of the plugin itself
	// Semantics is >= 1 and is raised by hand when the same parameters, data and
	// seed may give other numbers than before. It is part of a trial's key.
	Semantics       int
	ContractVersion int
	Summary         string // one line for `cllm4rec plugins`
	Capabilities    []Capability
	// Schema is the JSON schema (draft 2020-12) of the parameters, with
	// descriptions, ranges and defaults.
	Schema json.RawMessage
	// Check is what `cllm4rec plugins check` tries the plugin with. It enters no key.
	Check Check
}

// Can reports whether the plugin offers a capability.
func (i Info) Can(a Capability) bool { return slices.Contains(i.Capabilities, a) }

// Plugin is what every kind has in common. Calls are not concurrent. Their order
// is Info, Configure, then the calls of the kind, then Close. Info may come at
// any time before Close; a second Configure replaces the first and forgets what
// was trained or loaded. A call before the one that it needs is an ErrOrder.
type Plugin interface {
	// Info works before Configure, reads no file, starts no thread and imports
	// nothing heavy: it answers within a second of the handshake.
	Info(ctx context.Context) (Info, error)
	// Configure takes the parameters as a JSON object and returns them with
	// every default filled in, which is what a record stores. An unknown key, a
	// wrong type or a value out of range is an ErrInvalid that lists them all.
	//
	// Configure checks, but does not load. It may read files that its parameters
	// name as far as a check needs (a configuration, a header: some megabytes at
	// most, within seconds), never rows of data or weights, and it writes nothing.
	Configure(ctx context.Context, params json.RawMessage) (json.RawMessage, error)
	// Close ends the work in hand and releases what the plugin holds.
	Close(ctx context.Context) error
}

// Progress tells how far a long call is. Total is 0 when it is not known.
type Progress struct {
	Stage       string  // such as "load", "fit", "train content"
	Done, Total int64   // in Unit
	Unit        string  // such as "step", "row", "byte"
	Loss        float64 // running mean of the loss; NaN when there is none
	Tokens      int64   // tokens seen in this call so far
}

// OnProgress receives progress; nil is allowed and means nobody listens.
type OnProgress func(Progress)

// Report calls f when somebody listens.
func (f OnProgress) Report(p Progress) {
	if f != nil {
		f(p)
	}
}
