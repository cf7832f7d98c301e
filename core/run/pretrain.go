package run

import (
	"context"
	"iter"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
)

// textChunk is how many texts travel together.
const textChunk = 1000

// Pretrain trains a small language model of its own from a data set's texts.
func Pretrain(ctx context.Context, plan *experiment.PretrainPlan, plugins Launcher, progress contract.OnProgress) (contract.PretrainResult, error) {
	texts, err := readTexts(ctx, plan, plugins)
	if err != nil {
		return contract.PretrainResult{}, err
	}
	backbone, err := plugins.Backbone(ctx, plan.Backbone.Name, plan.Backbone.Params)
	if err != nil {
		return contract.PretrainResult{}, err
	}
	defer stop(ctx, backbone)
	trainer, ok := backbone.Plugin.(contract.Pretrainer)
	if !ok || !backbone.Info.Can(contract.CapabilityPretrain) {
		return contract.PretrainResult{}, contract.Errorf(contract.ErrUnsupported, "backbone plugin %s cannot train a language model of its own", plan.Backbone.Name)
	}
	return trainer.Pretrain(ctx, plan.Spec, chunks(texts), progress)
}

// readTexts reads the texts in the order of the data set, or, with a split,
// those that belong to training.
func readTexts(ctx context.Context, plan *experiment.PretrainPlan, plugins Launcher) (texts []string, err error) {
	source, err := plugins.Dataset(ctx, plan.Texts.Name, plan.Texts.Params)
	if err != nil {
		return nil, err
	}
	if plan.Split == nil {
		texts, err = allTexts(ctx, source.Plugin, plan.Kinds)
	} else {
		texts, err = trainingTexts(ctx, source.Plugin, plan)
	}
	if err == nil && len(texts) == 0 {
		err = contract.Errorf(contract.ErrInvalid, "dataset plugin %s gave no text of the kinds asked for", plan.Texts.Name)
	}
	stop(ctx, source)
	return texts, err
}

func allTexts(ctx context.Context, d contract.Dataset, kinds []contract.TextKind) ([]string, error) {
	var texts []string
	err := d.Texts(ctx, func(c *contract.TextChunk) error {
		for i, kind := range c.Kinds {
			if len(kinds) == 0 || slices.Contains(kinds, kind) {
				texts = append(texts, c.Texts[i])
			}
		}
		return nil
	})
	return texts, err
}

func trainingTexts(ctx context.Context, d contract.Dataset, plan *experiment.PretrainPlan) ([]string, error) {
	split, err := data.Load(ctx, d, data.Options{Name: plan.Texts.Name, Filter: plan.Filter, Split: *plan.Split, Texts: true})
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, document := range split.Training.Texts {
		if len(plan.Kinds) == 0 || slices.Contains(plan.Kinds, document.Kind) {
			texts = append(texts, document.Text)
		}
	}
	return texts, nil
}

func chunks(texts []string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for chunk := range slices.Chunk(texts, textChunk) {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}
