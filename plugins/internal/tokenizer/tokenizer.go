// Package tokenizer is byte-level byte-pair encoding as GPT-2 has it (Radford et
// al. 2019): loading from vocab.json and merges.txt or from tokenizer.json,
// encoding and decoding without loss, and training a vocabulary of one's own.
// It gives the ids that the reference implementation (Hugging Face tokenizers) gives.
package tokenizer

import (
	"hash/maphash"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"cllm4rec/core/contract"
)

// Tokenizer turns text into token ids and back. It is safe for concurrent use.
type Tokenizer struct {
	alphabet    alphabet
	tokens      []string         // id -> token as in vocab.json; "" where an id is unused
	raw         []string         // id -> the bytes that it stands for
	ids         map[string]int32 // token -> id
	bytes       [256]int32       // byte -> id of its token
	merges      map[pair]merge
	order       []pair // by rank
	added       added
	prefixSpace bool
	begin       int32 // what stands before a text; -1 for nothing
	seed        maphash.Seed
	cache       []atomic.Pointer[cached]
}

// cached is the encoding of one word. The cache is direct-mapped: a word
// overwrites whichever word had its place, so memory stays bounded.
type cached struct {
	word string
	ids  []int32
}

const (
	cacheSize   = 1 << 16
	longestWord = 64 // bytes; longer words are rarely met again
)

// Size is the number of ids, unused ones included: one more than the largest.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// ID is the id of a token by its text, such as "<|endoftext|>".
func (t *Tokenizer) ID(text string) (id int32, ok bool) {
	if id, ok = t.ids[t.alphabet.spell(text)]; !ok {
		id, ok = t.ids[text]
	}
	return id, ok
}

// Check is an error (ErrBadData) unless the tokenizer has exactly as many ids
// as the model has word embeddings.
func (t *Tokenizer) Check(words int) error {
	if t.Size() == words {
		return nil
	}
	return contract.Errorf(contract.ErrBadData,
		"the tokenizer has %d tokens, but the model %d words (vocab_size): they do not belong together", t.Size(), words)
}

// Encode is the text as token ids, without special tokens around it. An added
// token that is spelled out in the text becomes its own id.
func (t *Tokenizer) Encode(text string) []int32 {
	return t.AppendEncode(make([]int32, 0, 8+len(text)/4), text)
}

// AppendEncode appends the ids of the text to dst.
func (t *Tokenizer) AppendEncode(dst []int32, text string) []int32 {
	for text != "" {
		m := t.added.find(text)
		dst = t.encodePlain(dst, text[:m.begin])
		if m.id >= 0 {
			dst = append(dst, m.id)
		}
		text = text[m.end:]
	}
	return dst
}

// EncodeAll encodes each text, on all processors.
func (t *Tokenizer) EncodeAll(texts []string) [][]int32 {
	out := make([][]int32, len(texts))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(texts)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(texts)); i = next.Add(1) - 1 {
				out[i] = t.Encode(texts[i])
			}
		})
	}
	workers.Wait()
	return out
}

// encodePlain encodes text between added tokens.
func (t *Tokenizer) encodePlain(dst []int32, text string) []int32 {
	if t.prefixSpace && text != "" && text[0] != ' ' {
		text = " " + text
	}
	for i := 0; i < len(text); {
		end := nextWord(text, i)
		dst = t.encodeWord(dst, text[i:end])
		i = end
	}
	return dst
}

func (t *Tokenizer) encodeWord(dst []int32, text string) []int32 {
	if len(text) > longestWord {
		return t.split(dst, text)
	}
	place := &t.cache[maphash.String(t.seed, text)%cacheSize]
	hit := place.Load()
	if hit == nil || hit.word != text {
		hit = &cached{word: strings.Clone(text), ids: t.split(nil, text)}
		place.Store(hit)
	}
	return append(dst, hit.ids...)
}

// Decode is the text of token ids. An id that no token has is ErrInvalid. The
// text of ids that cut a character apart is not valid UTF-8.
func (t *Tokenizer) Decode(ids []int32) (string, error) {
	var text strings.Builder
	for _, id := range ids {
		if id < 0 || int(id) >= len(t.raw) || t.tokens[id] == "" {
			return "", contract.Errorf(contract.ErrInvalid, "token id %d: the vocabulary has no such token (%d ids)", id, t.Size())
		}
		text.WriteString(t.raw[id])
	}
	return text.String(), nil
}
