package tokenizer

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const reviewsFile = "data/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz"

// BenchmarkEncodeReviews measures EncodeAll over all reviews on all processors: words
// per second, those of the first pass (with an empty cache), and those per second of
// one processor, which also holds on a machine with other work to do. Where
// PEER_PYTHON (or python3) imports tokenizers and transformers: how many times faster
// than encode_batch of the same texts in the same run, by the clock and by the time of
// processors.
func BenchmarkEncodeReviewsGPT2(b *testing.B)  { benchmarkReviews(b, "gpt2") }
func BenchmarkEncodeReviewsT5(b *testing.B)    { benchmarkReviews(b, "t5") }
func BenchmarkEncodeReviewsLlama(b *testing.B) { benchmarkReviews(b, "llama") }

// seconds are those of the clock and those of all processors together.
type seconds struct{ clock, work float64 }

// now counts from the start of the process.
func now(b *testing.B) seconds {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	work := time.Duration(use.Utime.Nano() + use.Stime.Nano())
	return seconds{float64(time.Now().UnixNano()) / 1e9, work.Seconds()}
}

func (s seconds) since(start seconds) seconds {
	return seconds{s.clock - start.clock, s.work - start.work}
}

func benchmarkReviews(b *testing.B, kind string) {
	folder := shared(b, "models/tokenizer-"+kind)
	tok, texts := load(b, folder), reviews(b)
	words, size := 0.0, 0
	for _, text := range texts {
		words, size = words+float64(len(strings.Fields(text))), size+len(text)
	}
	b.SetBytes(int64(size))
	start := now(b)
	tok.EncodeAll(texts) // a run encodes its corpus once: with an empty cache
	first := now(b).since(start)
	start = now(b)
	for b.Loop() {
		tok.EncodeAll(texts)
	}
	took := now(b).since(start)
	took.clock, took.work = took.clock/float64(b.N), took.work/float64(b.N)
	b.ReportMetric(words/first.clock, "first-words/s")
	b.ReportMetric(words/took.clock, "words/s")
	b.ReportMetric(words/first.work, "first-words/cpu-s")
	b.ReportMetric(words/took.work, "words/cpu-s")
	if peer, ok := peerSeconds(b, kind, folder); ok {
		b.ReportMetric(peer.clock/took.clock, "x-tokenizers")
		b.ReportMetric(peer.work/took.work, "x-tokenizers-cpu")
	}
}

// peerSeconds is what the reference takes; not ok where it is not installed.
func peerSeconds(b *testing.B, kind, folder string) (peer seconds, ok bool) {
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import tokenizers, transformers, sentencepiece").Run() != nil {
		b.Logf("no peer: %s does not import tokenizers and transformers", python)
		return peer, false
	}
	out, err := exec.Command(python, "testdata/peer.py", kind, folder, shared(b, reviewsFile)).Output()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Sscan(string(out), &peer.clock, &peer.work); err != nil {
		b.Fatal(err)
	}
	return peer, true
}
