package contracttest

import (
	"context"
	"iter"
	"slices"

	"cllm4rec/core/contract"
)

// ReadingBackbone is a FakeBackbone that reads texts alone (CapabilityReadsOnly).
type ReadingBackbone struct{ *FakeBackbone }

// NewReadingBackbone makes the backbone plugin "readlm".
func NewReadingBackbone() ReadingBackbone {
	return ReadingBackbone{fakeBackboneWith("readlm", contract.CapabilityEmbed, contract.CapabilityReadsOnly)}
}

func (b ReadingBackbone) refuse(call string) error {
	return contract.Errorf(contract.ErrUnsupported, "%s: readlm reads texts alone, and has no towers to train or to rank by", call)
}

// Score scores words.
func (b ReadingBackbone) Score(ctx context.Context, spec contract.ScoreSpec, docs contract.Examples, progress contract.OnProgress) (contract.LMScore, error) {
	if spec.Objective != contract.NextWord || spec.Extended {
		return contract.LMScore{}, b.refuse("Score of " + string(spec.Objective))
	}
	return b.FakeBackbone.Score(ctx, spec, b.words(docs), progress)
}

// words are examples of words alone.
func (b ReadingBackbone) words(docs contract.Examples) contract.Examples {
	return func(yield func([]contract.Example, error) bool) {
		for chunk, err := range docs {
			for _, d := range chunk {
				soft := slices.ContainsFunc(slices.Concat(d.Prompt, d.Main), func(id int32) bool { return int(id) >= b.model.VocabSize })
				if err == nil && (soft || len(d.Prompt) == 0 || len(d.Targets) > 0) {
					err = contract.Errorf(contract.ErrInvalid, "an example has a user, an item, targets or no prompt")
				}
			}
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}
}

// TrainTower is unsupported, as all that follows.
func (b ReadingBackbone) TrainTower(context.Context, contract.TrainSpec, contract.Examples, contract.OnProgress) (contract.TrainResult, error) {
	return contract.TrainResult{}, b.refuse("TrainTower")
}

// Rank is unsupported.
func (b ReadingBackbone) Rank(context.Context, string, contract.RankSpec, []contract.RankPrompt) ([]contract.Ranking, error) {
	return nil, b.refuse("Rank")
}

// SaveTower is unsupported.
func (b ReadingBackbone) SaveTower(context.Context, string, string) error {
	return b.refuse("SaveTower")
}

// LoadTower is unsupported.
func (b ReadingBackbone) LoadTower(context.Context, string, string) error {
	return b.refuse("LoadTower")
}

// TowerVectors is unsupported.
func (b ReadingBackbone) TowerVectors(context.Context, string, contract.Entity, func(*contract.FeatureChunk) error) error {
	return b.refuse("TowerVectors")
}

// MapItems is unsupported.
func (b ReadingBackbone) MapItems(context.Context, contract.ItemMapSpec, iter.Seq2[*contract.FeatureChunk, error]) error {
	return b.refuse("MapItems")
}

// OpenNewcomers is unsupported.
func (b ReadingBackbone) OpenNewcomers(context.Context, contract.NewcomerSpec) error {
	return b.refuse("OpenNewcomers")
}
