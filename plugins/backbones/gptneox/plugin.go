package main

import "cllm4rec/plugins/internal/lm"

// New makes the plugin with nothing loaded.
func New() *lm.Backbone {
	return lm.NewBackbone(architecture{}, "1.0.0", "Pythia, GPT-NeoX and the like from a Hugging Face folder, on libtorch")
}
