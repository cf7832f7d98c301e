package baseline

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func item(name string, width int, c contract.FeatureChunk) *contract.TrainChunk {
	c.Name, c.Entity, c.Width = name, contract.EntityItem, width
	return &contract.TrainChunk{Features: &c}
}

func TestGatherLaysOutWhatStandsBesideTheInteractions(t *testing.T) {
	d, err := Gather(t.Context(), contract.FitSpec{Users: 2, Items: 3}, stream(
		&contract.TrainChunk{Users: []int32{0, 1}, Items: []int32{2, 0}, Times: []int64{7, 9}},
		&contract.TrainChunk{Texts: []contract.TrainText{{Kind: "title", User: -1, Item: 1, Text: "soap"}}},
		item("dense", 2, contract.FeatureChunk{Rows: []int32{2, 0}, Dense: []float32{5, 6, 1, 2}}),
		item("sparse", 4, contract.FeatureChunk{Rows: []int32{2}, Offsets: []int64{0, 2}, Columns: []int32{0, 3}, Values: []float32{1, 2}}),
		item("sparse", 4, contract.FeatureChunk{Rows: []int32{0}, Offsets: []int64{0, 1}, Columns: []int32{1}, Values: []float32{3}}),
		&contract.TrainChunk{Side: &contract.SideChunk{Name: "title", Rows: []int32{1, 0}, Items: []int32{0, 2}, Weights: []float32{2, 4}}},
		&contract.TrainChunk{Side: &contract.SideChunk{Name: "brand", Rows: []int32{0}, Items: []int32{1}, Weights: []float32{.5}}},
	), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Times, []int64{7, 9}) || d.Texts[0].Text != "soap" {
		t.Errorf("times %v, texts %v", d.Times, d.Texts)
	}
	if !slices.Equal(d.Features[0].Dense, []float32{1, 2, 0, 0, 5, 6}) {
		t.Errorf("dense features %v", d.Features[0].Dense)
	}
	want := &linalg.CSR{Rows: 3, Cols: 4, Ptr: []int{0, 1, 1, 3}, Index: []int32{1, 0, 3}, Value: []float32{3, 1, 2}}
	if !reflect.DeepEqual(d.Features[1].Sparse, want) {
		t.Errorf("sparse features %+v", d.Features[1].Sparse)
	}
	stacked := &linalg.CSR{Rows: 5, Cols: 3, Ptr: []int{0, 1, 2, 3, 4, 5}, Index: []int32{2, 0, 2, 0, 1}, Value: []float32{1, 1, 4, 2, .5}}
	if got := d.Stacked(); !reflect.DeepEqual(got, stacked) {
		t.Errorf("stacked %+v", got)
	}
}

func TestGatherNamesWhatIsWrongBesideTheInteractions(t *testing.T) {
	row := contract.FeatureChunk{Rows: []int32{0}, Dense: []float32{1}}
	side := func(c contract.SideChunk) *contract.TrainChunk { return &contract.TrainChunk{Side: &c} }
	for says, chunks := range map[string][]*contract.TrainChunk{
		`features "f" have two rows for item 0`:     {item("f", 1, row), item("f", 1, row)},
		`features "f" have width 2 after 1`:         {item("f", 1, row), item("f", 2, contract.FeatureChunk{Rows: []int32{1}, Dense: []float32{1, 2}})},
		`features "f" have a row for item 9`:        {item("f", 1, contract.FeatureChunk{Rows: []int32{9}, Dense: []float32{1}})},
		`have item 3, outside 0..2`:                 {side(contract.SideChunk{Name: "w", Rows: []int32{0}, Items: []int32{3}, Weights: []float32{1}})},
		`have the weight 0, expected a finite`:      {side(contract.SideChunk{Name: "w", Rows: []int32{0}, Items: []int32{1}, Weights: []float32{0}})},
		`have item 1 twice in row 0`:                {side(contract.SideChunk{Name: "w", Rows: []int32{0, 0}, Items: []int32{1, 1}, Weights: []float32{1, 1}})},
		`1 rows, 2 items and 1 weights`:             {side(contract.SideChunk{Name: "w", Rows: []int32{0}, Items: []int32{1, 1}, Weights: []float32{1}})},
		`"a" come again after those of "b"`:         {side(contract.SideChunk{Name: "a", Rows: []int32{0}, Items: []int32{1}, Weights: []float32{1}}), side(contract.SideChunk{Name: "b", Rows: []int32{0}, Items: []int32{1}, Weights: []float32{1}}), side(contract.SideChunk{Name: "a"})},
		`1 of 2 training interactions have times`:   {{Users: []int32{0, 1}, Items: []int32{1, 1}, Times: []int64{4}}},
		`is about user 5 and item -1`:               {{Texts: []contract.TrainText{{User: 5, Item: -1}}}},
		`attribute "brand" has a value for item 3`:  {{Attributes: &contract.TrainAttributes{Name: "brand", Entity: contract.EntityItem, Type: contract.AttributeText, Rows: []int32{3}, Values: contract.Values{Words: []string{"x"}}}}},
		`attribute "brand" has 0 values for 1 rows`: {{Attributes: &contract.TrainAttributes{Name: "brand", Entity: contract.EntityItem, Type: contract.AttributeText, Rows: []int32{1}}}},
	} {
		_, err := Gather(t.Context(), contract.FitSpec{Users: 2, Items: 3}, stream(chunks...), nil)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}
