package main

import "cllm4rec/plugins/internal/lm"

// New makes the plugin with nothing loaded.
func New() *lm.Backbone {
	return lm.NewBackbone(architecture{}, "1.1.0", "GPT-2 of any size from a Hugging Face folder, on libtorch")
}
