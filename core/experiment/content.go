package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/features"
	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// ContentForm is the version of the form of what keys are made of. Another form
// gives every trial another key.
const ContentForm = 2

// FusionSemantics is raised by hand when a change of core/run may fuse the same
// rankings into others. (The other rooms that decide numbers have their own.)
const FusionSemantics = 1

// Content is what a trial's two keys are made of. Names of data sets and methods,
// places of files, resources and metrics that are only reported are not in it:
// renaming, moving, another number of threads and one more metric repeat no work.
type Content struct {
	Train    TrainContent    `json:"train"`
	Evaluate EvaluateContent `json:"evaluate"`
}

// TrainContent is what decides the trained model; Trial.TrainKey is its sha256.
type TrainContent struct {
	Form      int           `json:"form"`
	Dataset   PluginContent `json:"dataset"`
	Selection Selection     `json:"selection"`
	Method    MethodContent `json:"method"`
	// Validation is how epochs are compared; nil where nothing is selected.
	Validation *ValidationContent `json:"validation,omitempty"`
	Semantics  map[string]int     `json:"semantics"` // of the rooms of core that take part
	Seed       uint64             `json:"seed"`
	Device     string             `json:"device"`          // the numeric class: cpu or cuda
	Needs      []string           `json:"needs,omitempty"` // keys of the trials that it needs, in the order of the method's inputs
}

// PluginContent is the part of a plugin that decides what it does.
type PluginContent struct {
	Kind      contract.Kind   `json:"kind"`
	Name      string          `json:"name"`
	Semantics int             `json:"semantics"`
	Params    json.RawMessage `json:"params"`             // without resources, with digests in place of paths
	Checksum  string          `json:"checksum,omitempty"` // of the binary; only with Options.ExactBinaries
}

// MethodContent is a recommender, CLLM4Rec over a backbone, or an ensemble.
type MethodContent struct {
	Plugin   *PluginContent     `json:"plugin,omitempty"`
	Features []string           `json:"features,omitempty"` // whom (user or item) each matrix describes
	Sources  []FeatureContent   `json:"sources,omitempty"`  // as Features; nil when other methods give all of them as they are
	TextRows []json.RawMessage  `json:"text_rows,omitempty"`
	Train    *train.Settings    `json:"train,omitempty"`
	Pipeline *cllm4rec.Settings `json:"pipeline,omitempty"`
	Ensemble *Fusion            `json:"ensemble,omitempty"`
	// Joint is the method that a pipeline is trained jointly with.
	Joint *MethodContent `json:"joint,omitempty"`
}

// ValidationContent is the protocol of the validations that select an epoch or weights; which
// metrics and how patiently stands in the method's settings. Known items are
// always those of training there.
type ValidationContent struct {
	Candidates string `json:"candidates"`
	Ties       string `json:"ties"`
}

// EvaluateContent is what decides the stored rankings of a trained model;
// Trial.Key is its sha256.
type EvaluateContent struct {
	Train      string         `json:"train"` // the train key
	Parts      []string       `json:"parts"`
	Candidates string         `json:"candidates"`
	Mask       string         `json:"mask"`
	History    string         `json:"history"`
	Ties       string         `json:"ties"`
	Depth      int            `json:"depth"`
	Exports    []string       `json:"exports,omitempty"` // the vectors that other rows take: item, user
	Semantics  map[string]int `json:"semantics"`
}

// Content is what the keys of a trial of the plan are made of.
func (p *Plan) Content(t Trial) (Content, error) {
	train := p.trainContent(t)
	key, err := keyOf(train)
	return Content{train, p.evaluateContent(t, key)}, err
}

func (p *Plan) trainContent(t Trial) TrainContent {
	d, m := p.Datasets[t.Dataset], p.MethodOf(t)
	c := TrainContent{
		Form: ContentForm, Dataset: p.pluginContent(d.Plugin), Selection: d.content(), Method: p.methodContent(m),
		Semantics: map[string]int{"data": data.Semantics}, Seed: t.Seed, Device: m.device(),
	}
	if m.Pipeline != nil {
		c.Semantics["prompt"], c.Semantics["cllm4rec"], c.Semantics["train"] = prompt.Semantics, cllm4rec.Semantics, train.Semantics
	}
	if m.Ensemble != nil {
		c.Semantics["run"] = FusionSemantics
	}
	if m.Train != nil {
		c.Semantics["train"] = train.Semantics
	}
	if p.featureContents(m) != nil || len(m.TextRows) > 0 || m.Joint != nil && (p.featureContents(*m.Joint) != nil || len(m.Joint.TextRows) > 0) {
		c.Semantics["features"] = features.Semantics
	}
	if m.selects() {
		c.Validation = &ValidationContent{Candidates: p.Evaluate.Candidates, Ties: p.Evaluate.Ties}
		c.Semantics["eval"] = eval.Semantics
	}
	for _, need := range t.Needs {
		c.Needs = append(c.Needs, p.Trials[need].Key)
	}
	return c
}

func (p *Plan) pluginContent(u PluginPlan) PluginContent {
	c := PluginContent{Kind: u.Kind, Name: u.Name, Semantics: u.Semantics, Params: u.Portable}
	if p.ExactBinaries {
		c.Checksum = u.Checksum
	}
	return c
}

func (p *Plan) methodContent(m MethodPlan) MethodContent {
	if m.Ensemble != nil {
		return MethodContent{Ensemble: m.Ensemble}
	}
	plugin := p.pluginContent(m.Plugin)
	c := MethodContent{Plugin: &plugin, Train: m.Train, Sources: p.featureContents(m)}
	for _, f := range m.Features {
		c.Features = append(c.Features, f.Entity)
	}
	for _, row := range m.TextRows {
		c.TextRows = append(c.TextRows, row.Portable)
	}
	if m.Pipeline != nil {
		settings := *m.Pipeline
		settings.RankBatch = 0 // it changes no result
		if settings.Joint != nil {
			joint, with := *settings.Joint, p.methodContent(*m.Joint)
			joint.With = "" // a name
			settings.Joint, c.Joint = &joint, &with
		}
		c.Pipeline = &settings
	}
	return c
}

func (p *Plan) evaluateContent(t Trial, trainKey string) EvaluateContent {
	e := p.Evaluate
	return EvaluateContent{
		Train: trainKey, Parts: p.parts(),
		Candidates: e.Candidates, Mask: e.Mask, History: e.History, Ties: e.Ties, Depth: p.DepthOf(t.Method),
		Exports: p.Exports(t.Method), Semantics: map[string]int{"eval": eval.Semantics},
	}
}

// parts are those that a trial is measured on.
func (p *Plan) parts() []string {
	if p.Parts == nil {
		return []string{string(contract.PartValidation), string(contract.PartTest)}
	}
	var names []string
	for _, part := range p.Parts {
		names = append(names, string(part))
	}
	return names
}

// Exports are the entities (user, item) whose vectors other rows take from a method.
func (p *Plan) Exports(method int) []string {
	entities := map[string]bool{}
	for _, m := range p.Methods {
		for i, f := range m.Taken() {
			if m.Needs[i] == method {
				entities[f.Entity] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(entities))
}

// DepthOf is the number of ranked items per user that a record of a method keeps.
func (p *Plan) DepthOf(method int) int {
	depth := p.Depth
	for _, m := range p.Methods {
		if m.Ensemble != nil && slices.Contains(m.Needs, method) {
			depth = max(depth, m.Ensemble.Depth)
		}
	}
	return depth
}

// device is the numeric class that a method computes in.
func (m MethodPlan) device() string {
	if m.Plugin.Device == "" {
		return classCPU // an ensemble is made in the host
	}
	return m.Plugin.Device
}

// selects reports whether validation decides which epoch's model ranks, or how much the
// methods of an ensemble count.
func (m MethodPlan) selects() bool {
	return m.Pipeline != nil && m.Pipeline.Selects() || m.Train != nil && m.Train.Rule == train.Best || m.Ensemble != nil && m.Ensemble.Grid != nil
}

// keyOf is the sha256 over v as canonical JSON.
func keyOf(v any) (string, error) {
	raw, err := canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
