package run

import (
	"context"
	"encoding/json"
	"fmt"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/record"
)

// Text is a text to be scored.
type Text struct{ Name, Text string }

// TextScore is how well a language model predicts a text: as it was loaded, and, of a
// kept pipeline, under the tower that ranks.
type TextScore struct {
	Text
	Loaded  contract.LMScore
	Trained *contract.LMScore // nil: there was no training
}

// ScoreKept scores texts by the backbone of a trial's kept model, before and after its
// training. ErrUnsupported when the method is no pipeline; else errors are those of
// Recommend.
func ScoreKept(ctx context.Context, store *record.Store, rec *record.Record, plugins Launcher, resources contract.Resources, texts []Text) ([]TextScore, error) {
	a, err := ask(store, rec, resources)
	if err != nil {
		return nil, err
	}
	if a.content.Train.Method.Pipeline == nil {
		return nil, contract.Errorf(contract.ErrUnsupported, "%s is no pipeline over a language model, which alone predicts words", rec.Method)
	}
	kept, err := a.loadPipeline(ctx, plugins, rec.Plugins[len(rec.Plugins)-1])
	if kept.life != nil {
		defer stop(ctx, kept.life)
	}
	if err != nil {
		return nil, err
	}
	trained := kept.model.Texts(kept.info)
	return scoreTexts(ctx, kept.backbone, kept.info, &trained, texts)
}

// ScoreBackbone scores texts by a language model that no pipeline has trained.
func ScoreBackbone(ctx context.Context, plugins Launcher, name string, params json.RawMessage, resources contract.Resources, texts []Text) ([]TextScore, error) {
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

func scoreTexts(ctx context.Context, b contract.Backbone, info contract.ModelInfo, trained *cllm4rec.TextScorer, texts []Text) ([]TextScore, error) {
	loaded, err := cllm4rec.Untrained(ctx, b, info)
	if err != nil {
		return nil, err
	}
	var all []TextScore
	for _, text := range texts {
		t := TextScore{Text: text}
		t.Loaded, err = loaded.Score(ctx, text.Text)
		if err == nil && trained != nil {
			t.Trained = new(contract.LMScore)
			*t.Trained, err = trained.Score(ctx, text.Text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text.Name, err)
		}
		all = append(all, t)
	}
	return all, nil
}
