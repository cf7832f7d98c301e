package cllm4rec

import (
	"context"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
)

// TextScorer measures how well a language model predicts plain text: what a training
// did to it (Zhu et al. 2024 leave open whether an extended vocabulary is stable).
type TextScorer struct {
	backbone contract.Backbone
	info     contract.ModelInfo
	tower    string
}

// Texts scores under the tower that ranks, with all that trained in it.
func (m *Model) Texts(info contract.ModelInfo) TextScorer {
	return TextScorer{m.backbone, info, towerCollaborative}
}

// towerUntrained has tokens that nothing reads.
const towerUntrained = "untrained"

// Untrained scores under the language model as it was loaded.
func Untrained(ctx context.Context, b contract.Backbone, info contract.ModelInfo) (TextScorer, error) {
	return TextScorer{b, info, towerUntrained}, b.OpenTower(ctx, contract.TowerSpec{Name: towerUntrained, Users: 1, Items: 1, InitStd: 0.02})
}

// scoreBatch is how many windows are scored together.
const scoreBatch = 8

// Score is the loss over all words of a text but the first, in windows of the model's
// length (prompt.Windows): NLL in nats. A text of less than two words is an ErrInvalid.
func (s TextScorer) Score(ctx context.Context, text string) (contract.LMScore, error) {
	ids, err := s.backbone.Encode(ctx, []string{text})
	if err == nil {
		err = prompt.CheckWords([]string{text}, ids, s.info.VocabSize)
	}
	if err != nil {
		return contract.LMScore{}, err
	}
	windows := prompt.Windows(ids[0], s.info.MaxLength, s.info.EncoderDecoder)
	if len(windows) == 0 {
		return contract.LMScore{}, contract.Errorf(contract.ErrInvalid, "the text has %d words of the model's vocabulary, and the second is the first to be predicted", len(ids[0]))
	}
	spec := contract.ScoreSpec{Tower: s.tower, Objective: contract.NextWord, PredictFirst: true, Batch: scoreBatch}
	score, err := s.backbone.Score(ctx, spec, chunksOf(windows), nil)
	if err == nil && score.Tokens != int64(len(ids[0])-1) {
		err = contract.Errorf(contract.ErrBadData, "the backbone scored %d words, expected %d", score.Tokens, len(ids[0])-1)
	}
	if err != nil {
		return contract.LMScore{}, fmt.Errorf("%s language model: %w", s.tower, err)
	}
	return score, nil
}

// chunksOf streams examples a batch at a time.
func chunksOf(all []contract.Example) contract.Examples {
	return func(yield func([]contract.Example, error) bool) {
		for chunk := range slices.Chunk(all, scoreBatch) {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}
