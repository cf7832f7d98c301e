package tokenizer

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"cllm4rec/core/contract"
)

// Tokenizer turns text into token ids and back. It is safe for concurrent use.
//
// A text is cut at special added tokens, each part is normalised, cut at the other
// added tokens, cut into words by the cutters, and each word into tokens by the model.
type Tokenizer struct {
	tokens []string         // id -> token as in the file; "" where an id is unused
	raw    []string         // id -> the bytes that it stands for
	ids    map[string]int32 // token -> id
	begin  int32            // what stands before a text; -1 for nothing
	space  string           // how a token spells a space: " ", "Ġ" or "▁"
	prefix bool             // a space of its own is put before a text
	pair   bool             // vocab.json and merges.txt say all about it

	special, added added // found before and after the text is normalised
	normalizers    []normalizer
	cutters        []cutter
	model          model
	words          *cache
}

// model cuts one word into tokens.
type model interface {
	appendWord(dst []int32, word string) []int32
}

// Size is the number of ids, unused ones included: one more than the largest.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// ID is the id of a token by its text, such as "<|endoftext|>" or " the".
func (t *Tokenizer) ID(text string) (id int32, ok bool) {
	if bytes, is := t.model.(*byteLevel); is {
		id, ok = t.ids[bytes.letters.spell(text)]
	} else {
		id, ok = t.ids[strings.ReplaceAll(text, " ", t.space)]
	}
	if !ok {
		id, ok = t.ids[text]
	}
	return id, ok
}

// Begin is the token that this tokenizer itself puts before a text (LLaMA's
// "<s>"), if it does. Encode never adds it.
func (t *Tokenizer) Begin() (id int32, ok bool) { return t.begin, t.begin >= 0 }

// Check is an error (ErrBadData) where the tokenizer has more ids than the model has
// word embeddings. Fewer are in order: T5 has 32,100 tokens and 32,128 rows.
func (t *Tokenizer) Check(words int) error {
	if t.Size() <= words {
		return nil
	}
	return contract.Errorf(contract.ErrBadData,
		"the tokenizer has %d tokens, but the model %d words (vocab_size), so token %d would have no embedding: they do not belong together",
		t.Size(), words, words)
}

// Encode is the text as token ids, without special tokens around it. An added
// token that is spelled out in the text becomes its own id.
func (t *Tokenizer) Encode(text string) []int32 {
	return t.AppendEncode(make([]int32, 0, 8+len(text)/4), text)
}

// AppendEncode appends the ids of the text to dst.
func (t *Tokenizer) AppendEncode(dst []int32, text string) []int32 {
	return t.run(dst, text, strings.HasPrefix(text, " "))
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

// Decode is the text of token ids. An id that no token has is ErrInvalid. The
// text of ids that cut a character apart is not valid UTF-8. The space that the
// tokenizer puts before a text of its own is taken off.
func (t *Tokenizer) Decode(ids []int32) (string, error) {
	var text strings.Builder
	for _, id := range ids {
		if id < 0 || int(id) >= len(t.raw) || t.tokens[id] == "" {
			return "", contract.Errorf(contract.ErrInvalid, "token id %d: the vocabulary has no such token (%d ids)", id, t.Size())
		}
		text.WriteString(t.raw[id])
	}
	if t.prefix {
		return strings.TrimPrefix(text.String(), " "), nil
	}
	return text.String(), nil
}
