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
	space    prompt.Space
}

// Piece is a stretch of a text, or the token of a user or an item that stands in it.
type Piece struct {
	Text  string
	Token contract.Entity // "" of a stretch
	Index int32           // of the user or item
}

// Texts scores under the tower that ranks, with all that trained in it.
func (m *Model) Texts(info contract.ModelInfo) TextScorer {
	return TextScorer{m.backbone, info, towerCollaborative, prompt.Space{VocabSize: info.VocabSize, Users: m.users, Items: m.items}}
}

// towerUntrained has tokens that nothing reads.
const towerUntrained = "untrained"

// Untrained scores under the language model as it was loaded.
func Untrained(ctx context.Context, b contract.Backbone, info contract.ModelInfo) (TextScorer, error) {
	spec := contract.TowerSpec{Name: towerUntrained, Users: 1, Items: 1, InitStd: 0.02}
	return TextScorer{b, info, towerUntrained, prompt.Space{VocabSize: info.VocabSize, Users: 1, Items: 1}}, b.OpenTower(ctx, spec)
}

// scoreBatch is how many windows are scored together.
const scoreBatch = 8

// Score is the loss over all words of a text but the first, each predicted among words, in
// windows of the model's length (prompt.Windows): NLL in nats. A text of less than two words
// is an ErrInvalid.
func (s TextScorer) Score(ctx context.Context, text string) (contract.LMScore, error) {
	return s.score(ctx, []Piece{{Text: text}}, false)
}

// ScoreExtended is Score of a text that may have tokens in it, where each token, word, user or
// item, is predicted among all of them by one softmax. It needs CapabilityExtendedHead.
func (s TextScorer) ScoreExtended(ctx context.Context, text []Piece) (contract.LMScore, error) {
	return s.score(ctx, text, true)
}

func (s TextScorer) score(ctx context.Context, text []Piece, extended bool) (contract.LMScore, error) {
	ids, err := s.encode(ctx, text)
	if err != nil {
		return contract.LMScore{}, err
	}
	windows := prompt.Windows(ids, s.info.MaxLength, s.info.EncoderDecoder)
	if len(windows) == 0 {
		return contract.LMScore{}, contract.Errorf(contract.ErrInvalid, "the text has %d words of the model's vocabulary and tokens, and the second is the first to be predicted", len(ids))
	}
	spec := contract.ScoreSpec{Tower: s.tower, Objective: contract.NextWord, Extended: extended, PredictFirst: true, Batch: scoreBatch}
	score, err := s.backbone.Score(ctx, spec, chunksOf(windows), nil)
	if err == nil && score.Tokens != int64(len(ids)-1) {
		err = contract.Errorf(contract.ErrBadData, "the backbone scored %d words, expected %d", score.Tokens, len(ids)-1)
	}
	if err != nil {
		return contract.LMScore{}, fmt.Errorf("%s language model: %w", s.tower, err)
	}
	return score, nil
}

// encode turns pieces into token ids.
func (s TextScorer) encode(ctx context.Context, text []Piece) (ids []int32, err error) {
	var stretches []string
	for _, p := range text {
		if p.Token == "" {
			stretches = append(stretches, p.Text)
		}
	}
	encoded, err := s.backbone.Encode(ctx, stretches)
	if err == nil {
		err = prompt.CheckWords(stretches, encoded, s.info.VocabSize)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range text {
		switch p.Token {
		case contract.EntityUser:
			ids = append(ids, s.space.User(p.Index))
		case contract.EntityItem:
			ids = append(ids, s.space.Item(p.Index))
		default:
			ids, encoded = append(ids, encoded[0]...), encoded[1:]
		}
	}
	return ids, nil
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
