package experiment

import (
	"encoding/json"
	"fmt"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/train"
)

// PlanSchema is the version of a plan's form.
const PlanSchema = 2

// Plan is every trial of an experiment, resolved. It is what a run executes and
// what a table is made by; a folder of records holds it under its ID.
type Plan struct {
	Schema   int           `json:"schema"`
	Name     string        `json:"name"`
	Seeds    []uint64      `json:"seeds"`
	Datasets []DatasetPlan `json:"datasets"`
	Evaluate Evaluate      `json:"evaluate"`
	Methods  []MethodPlan  `json:"methods"`
	Table    Table         `json:"table"`
	// Depth is the number of ranked items per user that a record keeps where no
	// ensemble asks for more: the largest cut-off of the metrics, and at least 100.
	Depth int `json:"depth"`
	// Limits change no result; they are in no key.
	Limits LimitsPlan `json:"limits,omitzero"`
	// ExactBinaries puts the checksums of the plugins into the keys.
	ExactBinaries bool `json:"exact_binaries,omitempty"`
	// Parts are those that are measured; nil: validation, where the split has it, and test.
	Parts []contract.Part `json:"parts,omitempty"`
	// Choices are what searches chose. Until then a searched method, and what needs it,
	// has no trials.
	Choices []Choice `json:"choices,omitempty"`
	Trials  []Trial  `json:"trials"` // data set by data set, seed by seed; a method after those that it needs

	// Source is nil where no method is searched.
	Source *Source `json:"source,omitempty"`
	// Sizes are the other sizes that the file has; none of a plan that was read from disk.
	Sizes []string `json:"-"`

	selected map[int]bool // methods that are run, by place; nil: all
}

// PluginPlan is a plugin with all its parameters.
type PluginPlan struct {
	Kind      contract.Kind   `json:"kind"`
	Name      string          `json:"name"`
	Version   string          `json:"version"`
	Semantics int             `json:"semantics"`
	Checksum  string          `json:"checksum"`
	Device    string          `json:"device,omitempty"` // the numeric class: cpu or cuda
	Params    json.RawMessage `json:"params"`           // with defaults and absolute paths
	Portable  json.RawMessage `json:"portable"`         // without resources, and with a digest of the content in place of each path
	// Failure is why the plugin could not say what it is or check its parameters; its
	// trials fail with it, under keys that no finished trial has.
	Failure string `json:"failure,omitempty"`
}

// DatasetPlan is a data set of the plan.
type DatasetPlan struct {
	Name      string     `json:"name"`
	Plugin    PluginPlan `json:"plugin"`
	Documents bool       `json:"documents"` // the plugin has texts; they are always read
	// Attributes are read: the plugin has them, and a method or the table asks for them.
	Attributes bool `json:"attributes,omitempty"`

	Selection Selection `json:"selection"`
	// Repetition numbers the splits of a data set that is split several times, from 1;
	// each is a data set of the plan, and they stand together. 0: it is split once.
	Repetition int `json:"repetition,omitempty"`
	// Digests are those of the files that the filter names, by their path.
	Digests map[string]string `json:"digests,omitempty"`
}

// Label is the name, and which of its splits it is where there are several.
func (d DatasetPlan) Label() string {
	if d.Repetition == 0 {
		return d.Name
	}
	return fmt.Sprintf("%s, split %d", d.Name, d.Repetition)
}

// content is the selection with the digests of files in place of their paths.
func (d DatasetPlan) content() Selection {
	s := d.Selection
	for _, path := range []*string{&s.Filter.UsersFile, &s.Filter.ItemsFile} {
		if *path != "" {
			*path = d.Digests[*path]
		}
	}
	return s
}

// MethodPlan is a method of the plan: a recommender, CLLM4Rec over a backbone, or
// an ensemble, which has no plugin.
type MethodPlan struct {
	Name   string     `json:"name"`
	Plugin PluginPlan `json:"plugin"`
	// Features are the feature matrices that the method is given.
	Features []FeaturePlan `json:"features,omitempty"`
	// TextRows are the words that it is given as further users.
	TextRows []TextRowPlan `json:"text_rows,omitempty"`
	// Train is nil unless the plugin is a recommender that learns in epochs.
	Train *train.Settings `json:"train,omitempty"`
	// Pipeline is nil unless the plugin is a backbone.
	Pipeline *cllm4rec.Settings `json:"pipeline,omitempty"`
	// Joint is the method that a pipeline is trained jointly with; nil: none.
	Joint *MethodPlan `json:"joint,omitempty"`
	// Ensemble is nil unless the method fuses the rankings of others.
	Ensemble *Fusion `json:"ensemble,omitempty"`
	// Search is nil unless settings are chosen on validation.
	Search *SearchPlan `json:"search,omitempty"`
	// Needs are places in Plan.Methods: one for each of Taken, or for each
	// method of an ensemble, in their order.
	Needs []int `json:"needs,omitempty"`
}

// The ways to fuse rankings; Ensemble says what each of the first two means.
const (
	FuseRRF    = "rrf"
	FuseZScore = "zscore"
	// FuseLinear takes the scores of the first ranking as they are and those of the
	// others as FuseZScore does: cllm4rec.Linear.
	FuseLinear = "linear"
)

// Fusion says how an ensemble makes one ranking of several.
type Fusion struct {
	Fuse    string    `json:"fuse"`
	Weights []float64 `json:"weights,omitempty"` // one for each of MethodPlan.Needs; nil: chosen
	// Grid holds for each of the needs the weights that are tried on validation; nil
	// where they are given. The sum of Metrics decides.
	Grid    [][]float64 `json:"grid,omitempty"`
	Metrics []string    `json:"metrics,omitempty"`
	Depth   int         `json:"depth,omitempty"` // how many items of each ranking count; 0 in old plans: all that are stored
}

// Trial is one training of one method on one data set, and its measuring.
type Trial struct {
	// TrainKey is the sha256 over everything that decides the trained model, Key
	// that over everything that decides its rankings. Key names the record's folder.
	TrainKey string `json:"train_key"`
	Key      string `json:"key"`
	Dataset  int    `json:"dataset"`
	Method   int    `json:"method"`
	Seed     uint64 `json:"seed"`
	// Needs are places in Plan.Trials, all before this one: the trials, of the same
	// data set and seed, whose outcome this one reads, in the order of its method's.
	Needs []int `json:"needs,omitempty"`
}

// NeedsOf are the trials whose outcome a trial of the plan reads.
func (p *Plan) NeedsOf(t Trial) (needs []Trial) {
	for _, need := range t.Needs {
		needs = append(needs, p.Trials[need])
	}
	return needs
}

// Tables lists the data sets by places in Datasets: those that are splits of the same
// data share a table.
func (p *Plan) Tables() [][]int {
	var tables [][]int
	for d, data := range p.Datasets {
		if last := len(tables) - 1; data.Repetition > 1 && last >= 0 {
			tables[last] = append(tables[last], d)
			continue
		}
		tables = append(tables, []int{d})
	}
	return tables
}

// fillTrials lists the trials and makes their keys. Methods of one data set and
// seed stand together, so that an unfinished run has whole rows to compare.
func (p *Plan) fillTrials() error {
	if err := p.fillDepth(); err != nil {
		return err
	}
	order := p.Order()
	for d := range p.Datasets {
		for _, seed := range p.Seeds {
			if err := p.addTrials(d, seed, order); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Plan) fillDepth() (err error) {
	p.Depth, err = depthOf(p.Evaluate.Metrics)
	return err
}

// addTrials adds the trials of a data set and a seed.
func (p *Plan) addTrials(dataset int, seed uint64, order []int) error {
	placeOf := map[int]int{} // by method
	for _, m := range order {
		if p.Waits(dataset, m) {
			continue
		}
		t := Trial{Dataset: dataset, Method: m, Seed: seed}
		for _, need := range p.Methods[m].Needs {
			t.Needs = append(t.Needs, placeOf[need])
		}
		placeOf[m] = len(p.Trials)
		if err := p.addTrial(t); err != nil {
			return err
		}
	}
	return nil
}

// addTrial adds a trial, whose needs stand in the plan, and makes its keys.
func (p *Plan) addTrial(t Trial) error {
	c, err := p.Content(t)
	if err == nil {
		t.TrainKey = c.Evaluate.Train
		t.Key, err = keyOf(c.Evaluate)
	}
	if err != nil {
		return fmt.Errorf("trial of %s on %s: %w", p.Methods[t.Method].Name, p.Datasets[t.Dataset].Label(), err)
	}
	p.Trials = append(p.Trials, t)
	return nil
}

// Waits reports whether a method has no trials yet on a data set: its search, or that
// of a method that it needs, has not chosen, or found nothing to choose.
func (p *Plan) Waits(dataset, method int) bool {
	if c := p.choice(dataset, method); p.Methods[method].Search != nil && (c == nil || c.Best < 0) {
		return true
	}
	return slices.ContainsFunc(p.Methods[method].Needs, func(need int) bool { return p.Waits(dataset, need) })
}

// Order is the methods in the order of the file, but each after those that it needs.
func (p *Plan) Order() []int {
	var order []int
	var visit func(m int)
	visit = func(m int) {
		if slices.Contains(order, m) {
			return
		}
		for _, need := range p.Methods[m].Needs {
			visit(need)
		}
		order = append(order, m)
	}
	for m := range p.Methods {
		visit(m)
	}
	return order
}

// depthOf is how many ranked items the metrics need, and eval.StoredDepth at least.
func depthOf(metrics []string) (int, error) {
	parsed, err := eval.ParseMetrics(metrics)
	return max(eval.StoredDepth, eval.Deepest(parsed)), err
}

// Check reports the first way in which a plan that was read from disk
// contradicts itself.
func (p *Plan) Check() error {
	if p.Schema != PlanSchema && p.Schema != oldPlanSchema {
		return fmt.Errorf("the plan has schema %d, expected %d", p.Schema, PlanSchema)
	}
	for d, data := range p.Datasets {
		if r := data.Repetition; r < 0 || r > 1 && (d == 0 || p.Datasets[d-1].Name != data.Name || p.Datasets[d-1].Repetition != r-1) {
			return fmt.Errorf("data set %s is split %d and does not stand behind split %d", data.Name, r, r-1)
		}
	}
	for _, c := range p.Choices {
		if c.Dataset < 0 || c.Dataset >= len(p.Datasets) || c.Method < 0 || c.Method >= len(p.Methods) || p.Methods[c.Method].Search == nil || c.Best < -1 || c.Best >= len(c.Tried) {
			return fmt.Errorf("a choice names data set %d, method %d and configuration %d, which the plan does not have", c.Dataset, c.Method, c.Best)
		}
	}
	for i, t := range p.Trials {
		if t.Dataset < 0 || t.Dataset >= len(p.Datasets) || t.Method < 0 || t.Method >= len(p.Methods) {
			return fmt.Errorf("trial %s names data set %d and method %d, which the plan does not have", t.Key, t.Dataset, t.Method)
		}
		if !slices.Contains(p.Seeds, t.Seed) {
			return fmt.Errorf("trial %s has seed %d, which the plan does not have", t.Key, t.Seed)
		}
		for _, need := range t.Needs {
			if need < 0 || need >= i {
				return fmt.Errorf("trial %s needs trial %d, which does not stand before it", t.Key, need)
			}
		}
	}
	return nil
}
