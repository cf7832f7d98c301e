package train

import "cllm4rec/core/contract"

// Rule says which epoch's state ranks.
type Rule string

// The rules.
const (
	Best Rule = "best" // the first of those with the highest score on validation
	Last Rule = "last"
)

// Select says which epoch's state ranks, as an experiment file gives it; what is
// left out is decided by Decide.
type Select struct {
	Rule     Rule     `json:"rule,omitempty" jsonschema:"enum=best,enum=last" jsonschema_description:"the best on validation (default) or the last"`
	Metrics  []string `json:"metrics,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"the sum of these decides (default recall_min@20; recall_min@40; ndcg@100)"`
	Every    *int     `json:"every,omitempty" jsonschema:"minimum=1,maximum=1000000000" jsonschema_description:"validate after every so many epochs and after the last (default 1)"`
	Patience *int     `json:"patience,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"stop after so many validations without a better one; 0 (default) never stops"`
}

// Selection is a Select with everything decided. What has no effect is empty.
type Selection struct {
	Rule     Rule     `json:"rule"`
	Metrics  []string `json:"metrics,omitempty"` // the sum of them is the score
	Every    int      `json:"every"`
	Patience int      `json:"patience"`
}

// Validations is how many there are in so many epochs when none ends the training.
func (s Selection) Validations(epochs int) int {
	if s.Rule != Best || epochs == 0 {
		return 0
	}
	return (epochs + s.Every - 1) / s.Every
}

// DefaultMetrics are those of the authors of CLLM4Rec (src/finetuning.py).
func DefaultMetrics() []string { return []string{"recall_min@20", "recall_min@40", "ndcg@100"} }

// Decide fills in the defaults.
func (s Select) Decide() Selection {
	if s.Rule == Last {
		return Selection{Rule: Last, Every: 1}
	}
	d := Selection{Rule: Best, Metrics: s.Metrics, Every: 1}
	if s.Every != nil {
		d.Every = *s.Every
	}
	if s.Patience != nil {
		d.Patience = *s.Patience
	}
	if d.Metrics == nil {
		d.Metrics = DefaultMetrics()
	}
	return d
}

// Config is the `train:` section of a recommender that learns in epochs.
type Config struct {
	Epochs *int `json:"epochs,omitempty" jsonschema:"minimum=1,maximum=1000000000" jsonschema_description:"most epochs (default 100)"`
	Select
}

// Settings are a Config with everything decided.
type Settings struct {
	Epochs int `json:"epochs"`
	Selection
}

// Decide fills in the defaults.
func (c Config) Decide() Settings {
	s := Settings{Epochs: 100, Selection: c.Select.Decide()}
	if c.Epochs != nil {
		s.Epochs = *c.Epochs
	}
	return s
}

// forEpoch tells the seeds of epochs from other numbers made of a trial's seed.
const forEpoch = 0x65706f6368

// EpochSeed is the seed of everything random in an epoch, from 1.
func EpochSeed(seed uint64, epoch int) uint64 {
	return contract.MixSeed(seed, forEpoch, uint64(epoch))
}
