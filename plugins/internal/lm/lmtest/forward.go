package lmtest

import (
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
)

// Forward compares hidden states, logits and the loss of next words with
// transformers, of every folder, with every attention kernel.
func (s Suite) Forward(t *testing.T, folders ...string) {
	for _, folder := range folders {
		for _, kernel := range Kernels() {
			t.Run(folder+"/"+kernel, func(t *testing.T) { s.forward(t, folder, "float32", kernel, Float32) })
		}
	}
}

// ForwardBFloat16 is Forward in bfloat16.
func (s Suite) ForwardBFloat16(t *testing.T, folders ...string) {
	for _, folder := range folders {
		for _, kernel := range Kernels() {
			t.Run(folder+"/"+kernel, func(t *testing.T) { s.forward(t, folder, "bfloat16", kernel, BFloat16) })
		}
	}
}

// reference is a padded batch of a folder.
type reference struct {
	text, source   [][]int32
	hidden, logits []float64 // rows of text, without padding
	loss           float64
	predicted      int
}

func readReference(t *testing.T, folder string) reference {
	f := open(t, filepath.Join("testdata", folder+".safetensors"))
	var r reference
	r.text = sequences(array(t, f, "ids"), array(t, f, "lengths"))
	lengths := array(t, f, "lengths")
	for _, name := range f.Names() {
		if name == "source_ids" {
			r.source = sequences(array(t, f, "source_ids"), array(t, f, "source_lengths"))
		}
	}
	r.hidden, r.logits = unpadded(array(t, f, "hidden"), lengths, len(array(t, f, "ids"))), unpadded(array(t, f, "logits"), lengths, len(array(t, f, "ids")))
	for _, x := range array(t, f, "token_losses") {
		r.loss += x
		r.predicted++
	}
	return r
}

// sequences drops the padding of ids [B,T].
func sequences(ids, lengths []float64) [][]int32 {
	all := make([][]int32, len(lengths))
	width := len(ids) / len(lengths)
	for b, n := range lengths {
		for _, id := range ids[b*width : b*width+int(n)] {
			all[b] = append(all[b], int32(id))
		}
	}
	return all
}

// unpadded drops the padding of rows [B,T,width], of which there are so many.
func unpadded(values, lengths []float64, rows int) []float64 {
	width, per := len(values)/rows, rows/len(lengths)
	var all []float64
	for b, n := range lengths {
		all = append(all, values[b*per*width:(b*per+int(n))*width]...)
	}
	return all
}

func (s Suite) forward(t *testing.T, folder, dtype, kernel string, tolerance float64) {
	b, r := s.Loaded(t, folder, map[string]any{"attention": kernel, "dtype": dtype}), readReference(t, folder)
	hidden, logits, err := b.States(r.text, r.source)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "hidden states", hidden, r.hidden, tolerance)
	within(t, "logits", logits, r.logits, tolerance)
	if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: "t", Items: 1, InitStd: 1}); err != nil {
		t.Fatal(err)
	}
	score, err := b.Score(t.Context(), contract.ScoreSpec{Tower: "t", Objective: contract.NextWord, Batch: 3, PredictFirst: r.source != nil}, Stream(r.documents()...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if int(score.Tokens) != r.predicted {
		t.Errorf("%d tokens predicted, expected %d", score.Tokens, r.predicted)
	}
	within(t, "loss", []float32{float32(score.NLL)}, []float64{r.loss}, tolerance)
}

// documents are texts whose next words are predicted. What an encoder-decoder
// reads is its start word and then the main text but for its last word.
func (r reference) documents() []contract.Example {
	docs := make([]contract.Example, len(r.text))
	for i, text := range r.text {
		docs[i].Main = text
		if r.source != nil {
			docs[i].Prompt, docs[i].Main = r.source[i], text
		}
	}
	return docs
}
