package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

// attributes reads S3-Rec's own file for the items of a split.
func attributes(t *testing.T, split *data.Split, file string) *contract.TrainChunk {
	raw, err := os.ReadFile(evaltest.Shared(t, "s3rec", file))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]int
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	a := &contract.TrainAttributes{Name: "attributes", Entity: contract.EntityItem, Type: contract.AttributeSet}
	for item := range int32(split.Items.Len()) {
		var words []string
		for _, word := range all[split.Items.ID(item)] {
			words = append(words, fmt.Sprint(word))
		}
		a.Rows, a.Sets = append(a.Rows, item), append(a.Sets, words)
	}
	return &contract.TrainChunk{Attributes: a}
}

func TestBandOfLeaveOneOut(t *testing.T) {
	if os.Getenv("CLLM4REC_SLOW") == "" {
		t.Skip("SKIPPED: training takes the better part of an hour; set CLLM4REC_SLOW=1")
	}
	split := evaltest.LeaveOneOut(t, "Beauty.txt")
	row := evaltest.LeaveOneOutRow(.0647, .0327)
	row.Metrics = []string{"hr@10", "ndcg@10"}
	neuraltest.Reaches(t, New(), func(testing.TB) *data.Split { return split }, neuraltest.Band{
		Params: `{"order": "history", "pretrain_epochs": 10}`, Epochs: 60, Every: 5, Patience: 3, Row: row,
		Beside: []*contract.TrainChunk{attributes(t, split, "Beauty_item2attributes.json")},
	})
}
