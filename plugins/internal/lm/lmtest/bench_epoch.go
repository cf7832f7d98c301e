package lmtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
)

// EpochFolder is the variable that names what the peer's --save wrote: a
// tokenizer and texts.
const EpochFolder = "CLLM4REC_BENCH_EPOCH"

// The peer's batches: documents of one, tokens of the longest document.
const (
	epochBatch  = 20
	epochLength = 256
)

// texts is documents.json: reviews with users and items by number.
type texts struct {
	Users, Items int
	Documents    []struct{ Prompt, Main string }
}

// Epoch measures one pass of the content objective over real reviews, from texts
// to the last step: what the peer's --epoch does.
func (x Bench) Epoch(b *testing.B, shape BenchShape) {
	folder := os.Getenv(EpochFolder)
	if folder == "" {
		b.Skip(EpochFolder + " names no folder that the peer's --save wrote")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "documents.json"))
	if err != nil {
		b.Fatal(err)
	}
	var t texts
	if err := json.Unmarshal(raw, &t); err != nil {
		b.Fatal(err)
	}
	shape.Users, shape.Items = t.Users, t.Items
	e, words := benchEngine(b, x.Architecture, shape, folder)
	var data, whole time.Duration
	var tokens int64
	for b.Loop() {
		start := time.Now()
		docs := t.encode(b, e, words)
		encoded := time.Since(start)
		result, err := e.TrainTower(b.Context(), benchSpec("content", epochBatch), Stream(docs...), nil)
		if err != nil {
			b.Fatal(err)
		}
		data, whole, tokens = data+encoded, whole+time.Since(start), tokens+result.Tokens
	}
	b.ReportMetric(whole.Seconds()/float64(b.N), "s/epoch")
	b.ReportMetric(data.Seconds()/float64(b.N), "s-data/epoch")
	b.ReportMetric(float64(tokens)/whole.Seconds(), "tokens/s")
}

var softToken = regexp.MustCompile(`(user|item)_(\d+)`)

// encode tokenises all texts and cuts main texts at the model's length.
func (t texts) encode(b *testing.B, e *lm.Engine, words int) []contract.Example {
	pieces := map[string]int{} // hard pieces of prompts, each tokenised once
	var all []string
	for _, d := range t.Documents {
		for _, piece := range softToken.Split(d.Prompt, -1) {
			if _, known := pieces[piece]; !known && piece != "" {
				pieces[piece] = len(all)
				all = append(all, piece)
			}
		}
	}
	first := len(all)
	for _, d := range t.Documents {
		all = append(all, d.Main)
	}
	ids, err := e.Encode(b.Context(), all)
	if err != nil {
		b.Fatal(err)
	}
	docs := make([]contract.Example, len(t.Documents))
	for i, d := range t.Documents {
		prompt := t.prompt(d.Prompt, words, func(piece string) []int32 { return ids[pieces[piece]] })
		main := ids[first+i]
		docs[i] = contract.Example{Prompt: prompt, Main: main[:min(len(main), epochLength-len(prompt))]}
	}
	return docs
}

// prompt joins the tokens of hard pieces and soft tokens.
func (t texts) prompt(text string, words int, hard func(string) []int32) (ids []int32) {
	at := 0
	for _, m := range softToken.FindAllStringSubmatchIndex(text, -1) {
		if piece := text[at:m[0]]; piece != "" {
			ids = append(ids, hard(piece)...)
		}
		number, _ := strconv.Atoi(text[m[4]:m[5]]) // digits, by the expression
		if text[m[2]:m[3]] == "item" {
			number += t.Users
		}
		ids, at = append(ids, int32(words+number)), m[1]
	}
	if text[at:] != "" {
		ids = slices.Concat(ids, hard(text[at:]))
	}
	return ids
}

// resetPeak lets the peak of the resident memory begin again, after what loading
// left behind; where the system cannot, the peak is that of the whole process.
func resetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peak is the largest resident memory in MiB; 0 where there is no /proc.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
