// Command t5 is the T5 backbone: a frozen T5, T5 1.1 or Flan-T5, read from a
// Hugging Face folder, under towers of trainable user and item tokens.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeBackbone(New()) }
