package sentencepiece

import (
	"strings"
	"testing"
)

// benchText is prose and item tokens, with few words twice.
func benchText(b *testing.B) string {
	b.Helper()
	var texts []string
	for _, text := range awkward(b) {
		if len(text) < 400 && len(text) > 20 && isASCII(text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " ")
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// benchWords encodes word by word, as the tokenizer calls an encoder for words
// that it has not met yet.
func benchWords(b *testing.B, text string, encode func(dst []int32, word string) []int32) {
	words := strings.Fields(text)
	size := 0
	for i := range words {
		size += len(words[i])
		words[i] = spaceSymbol + words[i]
	}
	b.SetBytes(int64(size + len(words)))
	b.ReportAllocs()
	var ids []int32
	for b.Loop() {
		ids = ids[:0]
		for _, word := range words {
			ids = encode(ids, word)
		}
	}
	b.ReportMetric(float64(len(words)*b.N)/b.Elapsed().Seconds(), "words/s")
}

func BenchmarkUnigramWords(b *testing.B) {
	m := modelNamed(b, "t5")
	benchWords(b, benchText(b), m.Append)
}

func BenchmarkUnigramWordsFloat64(b *testing.B) {
	m := modelNamed(b, "t5")
	u, err := NewUnigram(m.Pieces, m.Unknown, false)
	if err != nil {
		b.Fatal(err)
	}
	benchWords(b, benchText(b), u.Append)
}

func BenchmarkScoredBPEWords(b *testing.B) {
	m := modelNamed(b, "llama")
	benchWords(b, benchText(b), m.Append)
}

func BenchmarkRankedBPEWords(b *testing.B) {
	m := modelNamed(b, "llama")
	e, err := NewRankedBPE(m.Pieces, mergesOf(m.Pieces), BPEOptions{ByteFallback: true, FuseUnknown: true})
	if err != nil {
		b.Fatal(err)
	}
	benchWords(b, benchText(b), e.Append)
}

func BenchmarkEncodeText(b *testing.B) {
	for _, name := range []string{"t5", "llama"} {
		b.Run(name, func(b *testing.B) {
			m, text := modelNamed(b, name), benchText(b)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Encode(text)
			}
		})
	}
}

func BenchmarkCharsMap(b *testing.B) {
	m, text := modelNamed(b, "t5"), benchText(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Normalizer.CharsMap.Normalize(text)
	}
}

func BenchmarkLoad(b *testing.B) {
	path := shared(b, "tokenizer-t5/spiece.model")
	for b.Loop() {
		load(b, path)
	}
}
