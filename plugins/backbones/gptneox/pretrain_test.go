package main

import "testing"

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) {
	for _, parallel := range []string{"true", "false"} {
		suite.Pretraining(t, `{"hidden_size":32,"num_attention_heads":2,"max_position_embeddings":32,"vocab_size":300,"use_parallel_residual":`+parallel+`}`)
	}
}

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	suite.RefusesShapes(t, map[string]string{
		`{"n_layer":2}`: "n_layer", `{"num_attention_heads":3}`: "hidden_size 128", `{"rotary_pct":0.1}`: "rotary_pct 0.1", `{"rotary_pct":2}`: "rotary_pct",
	})
}
