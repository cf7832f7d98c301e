package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline/order"
	"cllm4rec/plugins/internal/neural"
)

// Params are the plugin's parameters.
type Params struct {
	Dim            int         `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=width of embeddings and hidden states; a multiple of heads"`
	Blocks         int         `json:"blocks" jsonschema:"default=2,minimum=1,maximum=16,description=transformer blocks"`
	Heads          int         `json:"heads" jsonschema:"default=2,minimum=1,maximum=64,description=heads of attention"`
	Length         int         `json:"length" jsonschema:"default=50,minimum=2,maximum=10000,description=last items of a history that are read"`
	Dropout        float64     `json:"dropout" jsonschema:"default=0.5,minimum=0,exclusiveMaximum=1,description=of embeddings and attention weights and of both branches of a block"`
	PretrainEpochs int         `json:"pretrain_epochs" jsonschema:"default=20,minimum=0,description=passes of self-supervision before the first epoch's next items"`
	Mask           float64     `json:"mask" jsonschema:"default=0.2,exclusiveMinimum=0,maximum=1,description=share of a sequence's items that are masked in pretraining"`
	AttributeItem  float64     `json:"weight_aap" jsonschema:"default=0.2,minimum=0,description=weight of attributes of items (AAP)"`
	MaskedItem     float64     `json:"weight_mip" jsonschema:"default=1,minimum=0,description=weight of masked items (MIP)"`
	MaskedWords    float64     `json:"weight_map" jsonschema:"default=1,minimum=0,description=weight of attributes of masked items (MAP)"`
	Segment        float64     `json:"weight_sp" jsonschema:"default=0.5,minimum=0,description=weight of segments (SP)"`
	Order          order.Order `json:"order" jsonschema:"default=time,enum=time,enum=history,enum=index,enum=shuffled,description=of a history: time needs times in the data; history is the order of the data; index leaks where items were numbered user by user; shuffled is none"`
	Dense          bool        `json:"dense,omitempty" jsonschema_description:"every step moves all item embeddings, as the authors' optimiser does (default: those that it looked up)"`
	Batch          int         `json:"batch" jsonschema:"default=256,minimum=1,description=users of a step"`
	LearningRate   float64     `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "s3rec", Version: "1.0.0", Semantics: semantics,
			Summary: "Transformer pretrained on items, attributes and segments (S3-Rec)",
			Capabilities: []contract.Capability{
				contract.CapabilityFoldIn, contract.CapabilityAttributes, contract.CapabilityTexts, contract.CapabilityOrder,
			},
			// The histories of a check have no order to learn from.
			Check: contract.Check{Params: []byte(`{"dim": 16, "blocks": 1, "length": 12, "dropout": 0.1, "pretrain_epochs": 2, "batch": 8, "learning_rate": 0.01, "order": "shuffled"}`), Epochs: 40},
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
