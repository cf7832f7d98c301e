package main

import "cllm4rec/plugins/internal/lm"

// semantics is raised where the same parameters, data and seed come to give other
// numbers (contract.Info.Semantics), here or in the engine.
const semantics = 1

// New makes the plugin with nothing loaded.
func New() *lm.Backbone {
	return lm.NewBackbone(architecture{}, semantics, "1.0.0", "LLaMA, SmolLM, Qwen2 and the like from a Hugging Face folder or a GGUF file, on libtorch")
}
