package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// Pretraining is what a pretraining file says: a small language model of one's
// own, trained from the texts of a data set.
type Pretraining struct {
	Backbone Use            `json:"backbone" jsonschema:"required,description=the backbone plugin that trains"`
	Texts    Texts          `json:"texts" jsonschema:"required,description=where the texts come from"`
	Shape    map[string]any `json:"shape" jsonschema:"required,description=the architecture's own configuration"`
	Steps    int            `json:"steps" jsonschema:"required,minimum=1,maximum=1000000000,description=optimiser steps"`
	Batch    int            `json:"batch" jsonschema:"default=16,minimum=1,maximum=1000000,description=sequences of the full context per step"`
	Rate     float64        `json:"lr" jsonschema:"default=0.001,exclusiveMinimum=0,description=learning rate"`
	Seed     uint64         `json:"seed" jsonschema:"default=1,minimum=0,description=of everything random"`
	HoldOut  float64        `json:"hold_out" jsonschema:"default=0.05,minimum=0,exclusiveMaximum=1,description=share of the texts kept aside for the final perplexity"`
	Out      string         `json:"out" jsonschema:"required,minLength=1,description=folder of the model; relative to the file"`
}

// Texts are the documents of a data set.
type Texts struct {
	Plugin string              `json:"plugin" jsonschema:"required,minLength=1,description=name of the dataset plugin"`
	Params map[string]any      `json:"params,omitempty" jsonschema:"description=parameters of the plugin"`
	Kinds  []contract.TextKind `json:"kinds,omitempty" jsonschema:"minItems=1,uniqueItems=true,enum=review,enum=biography,enum=title,enum=description,enum=tags,enum=categories,enum=brand" jsonschema_description:"kinds of text to read (default: all)"`
	// Filter and split are as in an experiment; with a split the texts about
	// held-out interactions are left out.
	Filtering
	Split *data.SplitSpec `json:"split,omitempty" jsonschema:"description=leaves the texts about validation and test interactions out"`
}

// PretrainPlan is a pretraining file, resolved.
type PretrainPlan struct {
	Backbone, Texts PluginPlan
	Kinds           []contract.TextKind // all when empty
	Filter          data.Filter
	Split           *data.SplitSpec // nil: all texts
	Spec            contract.PretrainSpec
}

// LoadPretraining reads a pretraining file that is about to be run: its output
// folder must not be there yet. Mistakes are Problems as in Load.
func LoadPretraining(ctx context.Context, file string, o Options) (*PretrainPlan, error) {
	text, err := read(file)
	if err != nil {
		return nil, err
	}
	c, err := newChecker(file, text, o)
	if err != nil {
		return nil, err
	}
	if c.root.Get("methods") != nil && c.root.Get("texts") == nil {
		c.add(0, 0, "", "this is an experiment (it has methods, but no texts): cllm4rec run reads it")
		return nil, sorted(c.problems).Err()
	}
	c.checkOut()
	return c.pretraining(ctx)
}

// pretraining checks and plans a pretraining file.
func (c *checker) pretraining(ctx context.Context) (*PretrainPlan, error) {
	c.checkSchema(PretrainingSchema())
	c.checkUse(ctx, contract.KindDataset, []string{"texts"})
	c.checkTextsSection()
	c.checkTrained(ctx)
	if err := c.err(ctx); err != nil {
		return nil, err
	}
	return c.pretrainPlan()
}

func (c *checker) checkTextsSection() {
	if u, ok := c.uses["texts"]; ok && !u.plugin.Can(contract.CapabilityTexts) {
		c.at("dataset plugin "+u.plugin.Name+" has no texts", "texts", "plugin")
	}
	c.checkFilter(c.root.Get("texts"), []string{"texts"})
	c.checkLists(c.root.Get("texts"), []string{"texts"})
	var t Texts
	if len(c.problems) > 0 || json.Unmarshal(c.root.Get("texts").Marshal(), &t) != nil || t.Split == nil {
		return
	}
	if _, err := (data.Options{Name: "texts", Filter: t.filter(), Split: *t.Split}).Resolve(); err != nil {
		c.at(err.Error(), "texts", "split")
	}
}

// checkOut refuses a folder that is there already: nothing is overwritten.
func (c *checker) checkOut() {
	out := c.root.Get("out").Text()
	if out == "" {
		return // the schema said so
	}
	if !filepath.IsAbs(out) {
		out = filepath.Join(c.dir, out)
	}
	if _, err := os.Lstat(out); err == nil {
		c.at(out+" exists already; remove it, or name another folder", "out")
	} else if !errors.Is(err, fs.ErrNotExist) {
		c.at(err.Error(), "out")
	}
}

// checkTrained checks the backbone. Its weights are what comes out, so they
// need not exist, and a plugin that demands them is told the output folder.
func (c *checker) checkTrained(ctx context.Context) {
	backbone := c.root.Get("backbone")
	if name := backbone.Get("plugin").Text(); name != "" {
		if p, err := c.plugins.Describe(ctx, contract.KindBackbone, name); err == nil {
			c.nameWeights(backbone, p)
		}
	}
	c.newFiles = true
	c.checkUse(ctx, contract.KindBackbone, []string{"backbone"})
	if u, ok := c.uses["backbone"]; ok && !u.plugin.Can(contract.CapabilityPretrain) {
		c.at("backbone plugin "+u.plugin.Name+" cannot train a language model of its own", "backbone", "plugin")
	}
}

func (c *checker) nameWeights(backbone *yamltree.Node, p Plugin) {
	var s shape
	if json.Unmarshal(p.Schema, &s) != nil || s.Properties["weights"].Format != "path" {
		return
	}
	params := backbone.Get("params")
	if params == nil {
		params = yamltree.NewMapping(backbone.Line, backbone.Column)
		backbone.Set("params", yamltree.Field{Line: backbone.Line, Column: backbone.Column, Value: params})
	}
	if out, ok := c.root.Fields["out"]; ok && params.Kind == yamltree.Mapping && params.Get("weights") == nil {
		params.Set("weights", out)
	}
}

func (c *checker) pretrainPlan() (*PretrainPlan, error) {
	p, _, err := schema.Decode[Pretraining](c.root.Marshal())
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(p.Out) {
		p.Out = filepath.Join(c.dir, p.Out)
	}
	return &PretrainPlan{
		Backbone: c.uses["backbone"].plan(), Texts: c.uses["texts"].plan(),
		Kinds: p.Texts.Kinds, Filter: p.Texts.filter(), Split: p.Texts.Split,
		Spec: contract.PretrainSpec{
			Out: p.Out, Shape: c.root.Get("shape").Marshal(), Steps: p.Steps, Batch: p.Batch, LearningRate: p.Rate, Seed: p.Seed, HoldOut: p.HoldOut,
		},
	}, nil
}
