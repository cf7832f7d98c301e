// Package sentencepiece cuts text into the pieces of a SentencePiece vocabulary:
// unigram language models (Kudo 2018; T5's) and pair merges with byte fallback
// (LLaMA's), from .model files or from the parts of a tokenizer.json.
//
// There are two references and they differ in small things, so each has its own
// constructors here. Load, Parse and Model follow google/sentencepiece 0.2.3:
// scores are float32, reserved pieces never match text, user-defined ones always
// win, the longest rule of the normaliser applies. NewUnigram, NewRankedBPE and
// CharsMap.Normalize follow huggingface/tokenizers 0.22.2: scores are float64,
// every piece matches text, merges have ranks, the normaliser goes by grapheme.
//
// Invalid UTF-8 is read as Go's []rune reads it: one U+FFFD for each invalid byte.
// That is also what sentencepiece does.
//
// README.md says how exact this was measured to be.
package sentencepiece
