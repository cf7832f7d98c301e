// Command gptneox is the GPT-NeoX backbone: a frozen Pythia, GPT-NeoX or what
// computes the same, read from a Hugging Face folder, under towers of trainable
// user and item tokens.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeBackbone(New()) }
