package run

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/record"
)

// Text is a text to be scored. Under a kept pipeline it may have tokens in it: <user:ID> and
// <item:ID>, with the ids of the data.
type Text struct{ Name, Text string }

// TextScore is how well a language model predicts a text: as it was loaded, and, of a
// kept pipeline, under the tower that ranks.
type TextScore struct {
	Text
	// Loaded is nil for a text with tokens, which no language model had before the training.
	Loaded *contract.LMScore
	// Trained predicts words among words; nil where there was no training, and for a text
	// with tokens.
	Trained *contract.LMScore
	// Extended predicts words, users and items among all of them; nil where there was no
	// training, and under a tower or a backbone that has no such softmax.
	Extended *contract.LMScore
}

// ScoreKept scores texts by the backbone of a trial's kept model, before and after its
// training. ErrUnsupported when the method is no pipeline, and for tokens in a text where the
// tower or the backbone has no softmax over them; ErrNotFound for a token of nobody; else
// errors are those of Recommend.
func ScoreKept(ctx context.Context, store *record.Store, rec *record.Record, plugins Launcher, resources contract.Resources, texts []Text) ([]TextScore, error) {
	a, err := ask(store, rec, resources)
	if err != nil {
		return nil, err
	}
	if a.content.Train.Method.Pipeline == nil {
		return nil, contract.Errorf(contract.ErrUnsupported, "%s is no pipeline over a language model, which alone predicts words", rec.Method)
	}
	pieces, err := a.pieces(texts)
	if err != nil {
		return nil, err
	}
	kept, err := a.loadPipeline(ctx, plugins, rec.Plugins[len(rec.Plugins)-1])
	if kept.life != nil {
		defer stop(ctx, kept.life)
	}
	if err != nil {
		return nil, err
	}
	extends := kept.plugin.Can(contract.CapabilityExtendedHead) && !a.content.Train.Method.Pipeline.ItemBias
	trained := kept.model.Texts(kept.info)
	return scoreTexts(ctx, kept.backbone, kept.info, &scoring{trained, pieces, extends}, texts)
}

// scoring is what texts are scored by after a training.
type scoring struct {
	trained cllm4rec.TextScorer
	pieces  [][]cllm4rec.Piece // as the texts
	extends bool               // the backbone predicts among all tokens
}

// tokens are the tokens in a text, and almostToken is what begins like one.
var (
	tokens      = regexp.MustCompile(`<(user|item):([^<>\n]+)>`)
	almostToken = regexp.MustCompile(`(?i)<(user|item):[^\n]{0,20}`)
)

// checkTokens refuses what begins like a token and is none: it would be read as words.
func checkTokens(t Text, words string) error {
	if found := almostToken.FindString(words); found != "" {
		return contract.Errorf(contract.ErrInvalid, "%s: %q is no token: expected <user:ID> or <item:ID>, with an id without <, > and line ends", t.Name, found)
	}
	return nil
}

// pieces are texts with their tokens found.
func (a *asking) pieces(texts []Text) (all [][]cllm4rec.Piece, err error) {
	ids := map[contract.Entity][]string{contract.EntityUser: a.data.Users, contract.EntityItem: a.data.Items}
	places := map[cllm4rec.Piece]int32{} // of tokens, by their ids in Text
	for entity, of := range ids {
		for i, id := range of {
			places[cllm4rec.Piece{Token: entity, Text: id}] = int32(i)
		}
	}
	for _, t := range texts {
		pieces, err := cut(t)
		if err != nil {
			return nil, err
		}
		for i, p := range pieces {
			if p.Token == "" {
				continue
			}
			index, there := places[p]
			if !there {
				return nil, fmt.Errorf("%s: %w", t.Name, unknown(string(p.Token), p.Text, ids[p.Token]))
			}
			pieces[i] = cllm4rec.Piece{Token: p.Token, Index: index}
		}
		all = append(all, pieces)
	}
	return all, nil
}

// cut cuts a text at its tokens, of which each has its id as its text.
func cut(t Text) (pieces []cllm4rec.Piece, err error) {
	at := 0
	stretch := func(text string) {
		if text != "" {
			pieces, err = append(pieces, cllm4rec.Piece{Text: text}), cmp.Or(err, checkTokens(t, text))
		}
	}
	for _, m := range tokens.FindAllStringSubmatchIndex(t.Text, -1) {
		stretch(strings.TrimRight(t.Text[at:m[0]], " ")) // a token has no space before it
		pieces, at = append(pieces, cllm4rec.Piece{Token: contract.Entity(t.Text[m[2]:m[3]]), Text: t.Text[m[4]:m[5]]}), m[1]
	}
	stretch(t.Text[at:])
	return pieces, err
}

// ScoreBackbone scores texts by a language model that no pipeline has trained.
func ScoreBackbone(ctx context.Context, plugins Launcher, name string, params json.RawMessage, resources contract.Resources, texts []Text) ([]TextScore, error) {
	for _, t := range texts {
		if found := almostToken.FindString(t.Text); found != "" {
			return nil, contract.Errorf(contract.ErrInvalid, "%s: %q begins a token of a user or an item, which only a trial's trained model has", t.Name, found)
		}
	}
	running, err := plugins.Backbone(ctx, name, params)
	if err != nil {
		return nil, err
	}
	defer stop(ctx, running)
	info, err := running.Plugin.Load(ctx, resources, nil)
	if err != nil {
		return nil, err
	}
	return scoreTexts(ctx, running.Plugin, info, nil, texts)
}

func scoreTexts(ctx context.Context, b contract.Backbone, info contract.ModelInfo, after *scoring, texts []Text) ([]TextScore, error) {
	loaded, err := cllm4rec.Untrained(ctx, b, info)
	if err != nil {
		return nil, err
	}
	var all []TextScore
	for i, text := range texts {
		t := TextScore{Text: text}
		if after != nil {
			t, err = after.score(ctx, loaded, text, after.pieces[i])
		} else {
			t.Loaded, err = scored(loaded.Score(ctx, text.Text))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text.Name, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// score scores a text before and after the training.
func (s *scoring) score(ctx context.Context, loaded cllm4rec.TextScorer, text Text, pieces []cllm4rec.Piece) (t TextScore, err error) {
	t.Text = text
	mentions := slices.ContainsFunc(pieces, func(p cllm4rec.Piece) bool { return p.Token != "" })
	if mentions && !s.extends {
		return t, contract.Errorf(contract.ErrUnsupported, "it has tokens of users or items, and the trained tower has no softmax over words and tokens (its items have biases, or its backbone lacks the capability %q)", contract.CapabilityExtendedHead)
	}
	if !mentions {
		t.Loaded, err = scored(loaded.Score(ctx, text.Text))
		if err == nil {
			t.Trained, err = scored(s.trained.Score(ctx, text.Text))
		}
	}
	if err == nil && s.extends {
		t.Extended, err = scored(s.trained.ScoreExtended(ctx, pieces))
	}
	return t, err
}

func scored(s contract.LMScore, err error) (*contract.LMScore, error) { return &s, err }
