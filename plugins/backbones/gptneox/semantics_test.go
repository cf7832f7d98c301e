package main

import "testing"

func TestNumbersChangeOnlyWithTheSemantics(t *testing.T) {
	suite.Semantics(t, "parallel", 31, `{"hidden_size":32,"num_attention_heads":2,"max_position_embeddings":32,"vocab_size":300}`)
}
