package baseline

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// weightsName is the tensor of ItemWeights in a state, [items, items].
const weightsName = "weights"

// WeightsNames are the tensors of ItemWeights.
func WeightsNames() []string { return []string{weightsName} }

// ItemWeights are dense weights between items: Values is row-major [Items x Items],
// from source to target.
type ItemWeights struct {
	Items  int
	Values []float64
}

// From are the weights of an item for every target.
func (w *ItemWeights) From(item int32) []float64 {
	return w.Values[int(item)*w.Items : (int(item)+1)*w.Items]
}

// Rank scores an item by the sum of the weights that a history's items have for it.
func (w *ItemWeights) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	return RankRows(ctx, spec, queries, w.Items, threads, func(history []int32, row []float64) {
		for _, i := range history {
			floats.Add(row, w.From(i))
		}
	})
}

// Tensors are what a state holds of the weights.
func (w *ItemWeights) Tensors() []safetensors.Tensor {
	return []safetensors.Tensor{safetensors.Float64Tensor(weightsName, []int{w.Items, w.Items}, w.Values)}
}

// ReadWeights makes ItemWeights from the tensors of a state; ErrOutOfMemory names the
// method where the memory cannot hold them.
func ReadWeights(method string, views map[string]safetensors.View) (*ItemWeights, error) {
	n, err := Rows(views[weightsName])
	if err == nil {
		err = RoomForItemMatrix(method, n, 1)
	}
	if err != nil {
		return nil, err
	}
	values, err := Floats(views[weightsName], n, n)
	if err != nil {
		return nil, err
	}
	return &ItemWeights{Items: n, Values: values}, nil
}
