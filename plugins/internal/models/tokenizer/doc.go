// Package tokenizer turns text into the token ids of a language model, from the
// model's own files: tokenizer.json, vocab.json with merges.txt, SentencePiece's
// tokenizer.model or spiece.model, or the metadata of a GGUF file. It knows
// byte-level byte-pair encoding (GPT-2, LLaMA-3, Qwen2, SmolLM), byte-pair encoding
// over characters with byte fallback (LLaMA 1 and 2) and unigram models (T5), and it
// trains byte-level vocabularies.
//
// The ids are those of Hugging Face tokenizers 0.22 for the same file, or for what
// transformers 4.57 makes of it. What this package does not know is refused by name.
//
// # A text that goes on after something else
//
// Encode gives the ids of a text without begin and end tokens. The pieces of a prompt
// are encoded apart from each other, and a piece that follows a soft token starts with
// a space (" has interacted with"): that space is the boundary between two words.
// Byte-level vocabularies have it in their tokens, so such a text is encoded as it
// stands. SentencePiece vocabularies put a space of their own before a text; where the
// text already starts with one, that one stands for it, so that " has" and "has" both
// become "▁has" and "  has" becomes "▁" "▁has". (Metaspace of tokenizers says the same;
// its Prepend would write "▁▁has" at the beginning of a text.) In everything else the
// ids are the reference's, spaces after added tokens included. A text without a space
// before it ("The content of", but also a comma after a soft token) gets the
// tokenizer's own one ("▁The", "▁,"), for Encode cannot know what stands before it;
// that is what transformers gives after an added token unless legacy is false.
package tokenizer
