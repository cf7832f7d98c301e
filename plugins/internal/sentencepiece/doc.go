// Package sentencepiece cuts text into the pieces of a SentencePiece vocabulary:
// unigram language models (Kudo 2018, as T5's) and byte-pair merges with byte
// fallback (as LLaMA's), from .model files or from the parts of a tokenizer.json.
//
// There are two references and they differ in small things, so each has its own
// constructors here: Load and Model follow google/sentencepiece; NewUnigram,
// NewRankedBPE and CharsMap.Normalize follow huggingface/tokenizers.
package sentencepiece
