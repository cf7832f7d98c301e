package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline/order"
	"cllm4rec/plugins/internal/neural"
)

// Params are the plugin's parameters.
type Params struct {
	Dim          int         `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=width of embeddings and hidden states; a multiple of heads"`
	Blocks       int         `json:"blocks" jsonschema:"default=2,minimum=1,maximum=16,description=transformer blocks"`
	Heads        int         `json:"heads" jsonschema:"default=1,minimum=1,maximum=64,description=heads of attention"`
	Length       int         `json:"length" jsonschema:"default=50,minimum=1,maximum=10000,description=last items of a history that are read"`
	Dropout      float64     `json:"dropout" jsonschema:"default=0.5,minimum=0,exclusiveMaximum=1,description=of embeddings and attention weights and of both branches of a block"`
	Objective    string      `json:"loss" jsonschema:"default=ce,enum=bce,enum=ce,enum=sampled,enum=gbce,description=bce: against sampled items one by one; ce: softmax over all items; sampled: softmax over sampled items with logQ correction; gbce: calibrated bce"`
	Negatives    int         `json:"negatives" jsonschema:"default=0,minimum=0,description=sampled items of each position (bce and gbce) or step (sampled); 0: 1 for bce and 256 for the others"`
	Calibration  float64     `json:"calibration" jsonschema:"default=0.75,minimum=0,maximum=1,description=t of gbce: 0 is bce and 1 undoes its overconfidence"`
	Popularity   float64     `json:"popularity" jsonschema:"default=0,minimum=0,maximum=1,description=sampled items are drawn by their count to this power"`
	Order        order.Order `json:"order" jsonschema:"default=time,enum=time,enum=history,enum=index,enum=shuffled,description=of a history: time needs times in the data; history is the order of the data; index leaks where items were numbered user by user; shuffled is none"`
	Features     bool        `json:"features" jsonschema:"default=false,description=begin with the item features that the method is given in place of random embeddings; their width must be dim"`
	Dense        bool        `json:"dense,omitempty" jsonschema_description:"every step moves all item embeddings, as the authors' optimiser does (default: those that it looked up; ce always moves all)"`
	Batch        int         `json:"batch" jsonschema:"default=128,minimum=1,description=users of a step"`
	LearningRate float64     `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "sasrec", Version: "1.0.0", Semantics: semantics,
			Summary:      "Causal transformer over the last items of a history (SASRec)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilityFeatures, contract.CapabilityOrder},
			// The histories of a check have no order to learn from.
			Check: contract.Check{Params: []byte(`{"dim": 16, "blocks": 1, "length": 12, "dropout": 0.1, "batch": 8, "learning_rate": 0.01, "order": "shuffled"}`), Epochs: 20},
		},
		Check: func(p Params) error {
			if p.Dim%p.Heads != 0 {
				return contract.Errorf(contract.ErrInvalid, "dim is %d, expected a multiple of heads, %d", p.Dim, p.Heads)
			}
			return nil
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "items"},
	})
}

// negatives are those of each position, or of the step.
func (p Params) negatives() int {
	switch {
	case p.Negatives > 0:
		return p.Negatives
	case p.Objective == "bce":
		return 1
	}
	return 256
}
