package tokenizer

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

const reviewsFile = "data/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz"

// BenchmarkEncodeReviews measures EncodeAll over all reviews on all processors: words
// per second, those of the first pass (with an empty cache) and, where PEER_PYTHON (or python3) imports tokenizers and transformers,
// how many times faster than encode_batch of the same texts in the same run.
func BenchmarkEncodeReviewsGPT2(b *testing.B)  { benchmarkReviews(b, "gpt2") }
func BenchmarkEncodeReviewsT5(b *testing.B)    { benchmarkReviews(b, "t5") }
func BenchmarkEncodeReviewsLlama(b *testing.B) { benchmarkReviews(b, "llama") }

func benchmarkReviews(b *testing.B, kind string) {
	folder := shared(b, "models/tokenizer-"+kind)
	tok, texts := load(b, folder), reviews(b)
	words, size := 0, 0
	for _, text := range texts {
		words, size = words+len(strings.Fields(text)), size+len(text)
	}
	b.SetBytes(int64(size))
	start := time.Now()
	tok.EncodeAll(texts) // a run encodes its corpus once: with an empty cache
	first := time.Since(start).Seconds()
	for b.Loop() {
		tok.EncodeAll(texts)
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(words)/seconds, "words/s")
	b.ReportMetric(float64(words)/first, "first-words/s")
	if peer, ok := peerSeconds(b, kind, folder); ok {
		b.ReportMetric(peer/seconds, "x-tokenizers")
	}
}

// peerSeconds is what the reference takes; not ok where it is not installed.
func peerSeconds(b *testing.B, kind, folder string) (float64, bool) {
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import tokenizers, transformers, sentencepiece").Run() != nil {
		b.Logf("no peer: %s does not import tokenizers and transformers", python)
		return 0, false
	}
	out, err := exec.Command(python, "testdata/peer.py", kind, folder, shared(b, reviewsFile)).Output()
	if err != nil {
		b.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return seconds, true
}
