// Command gpt2 is the GPT-2 backbone: a frozen GPT-2 of any size, read from a
// Hugging Face folder, under towers of trainable user and item tokens.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeBackbone(New()) }
