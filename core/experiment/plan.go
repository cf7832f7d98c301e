package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
)

// PlanSchema is the version of a plan's form; it enters every trial's hash.
const PlanSchema = 1

// Plan is every trial of an experiment, resolved. It is what a run executes and
// what a table is made by; plan.json holds it.
type Plan struct {
	Schema   int           `json:"schema"`
	Name     string        `json:"name"`
	Seeds    []uint64      `json:"seeds"`
	Datasets []DatasetPlan `json:"datasets"`
	Evaluate Evaluate      `json:"evaluate"`
	Methods  []MethodPlan  `json:"methods"`
	Table    Table         `json:"table"`
	Trials   []Trial       `json:"trials"` // data set by data set, seed by seed, method by method
}

// PluginPlan is a plugin with all its parameters.
type PluginPlan struct {
	Kind     contract.Kind   `json:"kind"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Checksum string          `json:"checksum"`
	Params   json.RawMessage `json:"params"`   // with defaults and absolute paths
	Portable json.RawMessage `json:"portable"` // with a digest of the content in place of each path
}

// DatasetPlan is a data set of the plan.
type DatasetPlan struct {
	Name      string     `json:"name"`
	Plugin    PluginPlan `json:"plugin"`
	Documents bool       `json:"documents"` // the plugin has texts; they are always read

	Selection Selection `json:"selection"`
}

// MethodPlan is a method of the plan: a recommender, or CLLM4Rec over a backbone.
type MethodPlan struct {
	Name   string     `json:"name"`
	Plugin PluginPlan `json:"plugin"`
	// Pipeline is nil for a recommender.
	Pipeline *cllm4rec.Settings `json:"pipeline,omitempty"`
}

// Trial is one training of one method on one data set.
type Trial struct {
	Hash    string `json:"hash"` // sha256 over everything that decides its outcome
	Dataset int    `json:"dataset"`
	Method  int    `json:"method"`
	Seed    uint64 `json:"seed"`
}

// Content is what a trial's hash is made of. Names of data sets and methods and
// places of files are not in it: renaming and moving repeat no work.
type Content struct {
	Schema    int                `json:"schema"`
	Dataset   PluginContent      `json:"dataset"`
	Selection Selection          `json:"selection"`
	Method    PluginContent      `json:"method"`
	Pipeline  *cllm4rec.Settings `json:"pipeline,omitempty"`
	Evaluate  Evaluate           `json:"evaluate"`
	Seed      uint64             `json:"seed"`
	Contracts map[string]int     `json:"contracts"`
}

// PluginContent is the part of a plugin that decides what it does.
type PluginContent struct {
	Kind     contract.Kind   `json:"kind"`
	Name     string          `json:"name"`
	Checksum string          `json:"checksum"`
	Params   json.RawMessage `json:"params"`
}

// Content is what decides the outcome of a trial of the plan.
func (p *Plan) Content(t Trial) Content {
	d, m := p.Datasets[t.Dataset], p.Methods[t.Method]
	evaluate := p.Evaluate
	evaluate.Batch = 0 // it changes no result, nor does RankBatch
	pipeline := m.Pipeline
	if pipeline != nil {
		copied := *pipeline
		copied.RankBatch, pipeline = 0, &copied
	}
	return Content{
		Schema: p.Schema, Dataset: d.Plugin.content(), Selection: d.Selection, Method: m.Plugin.content(),
		Pipeline: pipeline, Evaluate: evaluate, Seed: t.Seed,
		Contracts: map[string]int{
			string(d.Plugin.Kind): d.Plugin.Kind.Version(),
			string(m.Plugin.Kind): m.Plugin.Kind.Version(),
		},
	}
}

func (p PluginPlan) content() PluginContent {
	return PluginContent{p.Kind, p.Name, p.Checksum, p.Portable}
}

// trials lists the trials and hashes each. Methods of one data set and seed
// stand together, so that an unfinished run has whole rows to compare.
func (p *Plan) trials() error {
	for d := range p.Datasets {
		for _, seed := range p.Seeds {
			for m := range p.Methods {
				t := Trial{Dataset: d, Method: m, Seed: seed}
				raw, err := canonical(p.Content(t))
				if err != nil {
					return fmt.Errorf("trial of %s on %s: %w", p.Methods[m].Name, p.Datasets[d].Name, err)
				}
				sum := sha256.Sum256(raw)
				t.Hash = hex.EncodeToString(sum[:])
				p.Trials = append(p.Trials, t)
			}
		}
	}
	return nil
}

// Check reports the first way in which a plan that was read from disk
// contradicts itself.
func (p *Plan) Check() error {
	if p.Schema != PlanSchema {
		return fmt.Errorf("the plan has schema %d, expected %d", p.Schema, PlanSchema)
	}
	for _, t := range p.Trials {
		if t.Dataset < 0 || t.Dataset >= len(p.Datasets) || t.Method < 0 || t.Method >= len(p.Methods) {
			return fmt.Errorf("trial %s names data set %d and method %d, which the plan does not have", t.Hash, t.Dataset, t.Method)
		}
		if !slices.Contains(p.Seeds, t.Seed) {
			return fmt.Errorf("trial %s has seed %d, which the plan does not have", t.Hash, t.Seed)
		}
	}
	return nil
}
