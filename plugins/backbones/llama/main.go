// Command llama is the LLaMA backbone: a LLaMA, or a model of its kind (SmolLM,
// TinyLlama, Qwen2, Mistral), read from a Hugging Face folder or a GGUF file, under
// towers of trainable user and item tokens.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeBackbone(New()) }
