package main

import "cllm4rec/plugins/internal/lm"

// semantics is raised where the same parameters, data and seed come to give other
// numbers (contract.Info.Semantics), here or in the engine.
const semantics = 1

// New makes the plugin with nothing loaded.
func New() *lm.Backbone {
	return lm.NewBackbone(architecture{}, semantics, "1.0.0", "T5, T5 1.1 and Flan-T5 of any size from a Hugging Face folder, on libtorch")
}
