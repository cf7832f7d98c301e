package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// benchRows is how many rows the generated tables have.
const benchRows = 1_000_000

// rating is a row like those of MovieLens 20M.
type rating struct {
	User   int64   `parquet:"userId"`
	Item   int64   `parquet:"movieId"`
	Rating float64 `parquet:"rating"`
	Time   int64   `parquet:"timestamp"`
}

func ratingOf(i int) rating {
	return rating{int64(i/144) + 1, int64(i*104729%27278) + 1, float64(i%10+1) / 2, 1_112_486_027 + int64(i*7919%300_000_000)}
}

// benchText is a table of text with this head and these rows.
func benchText(head, row string) string {
	var text bytes.Buffer
	_, _ = text.WriteString(head)
	for i := range benchRows {
		r := ratingOf(i)
		_, _ = fmt.Fprintf(&text, row, r.User, r.Item, r.Rating, r.Time)
	}
	return text.String()
}

func benchCSV() string { return benchText("userId,movieId,rating,timestamp\n", "%d,%d,%.1f,%d\n") }

// BenchmarkInteractions reads a million rows in each form. The rates count processor
// time; PEER_PYTHON names an interpreter with pandas (and pyarrow) that reads the same
// file.
func BenchmarkInteractions(b *testing.B) {
	for _, form := range []struct {
		name  string
		write func() string // its path
	}{
		{"csv", func() string { return formatstest.File(b, "ratings.csv", benchCSV()) }},
		{"csv.gz", func() string { return formatstest.File(b, "ratings.csv.gz", formatstest.Zipped(benchCSV())) }},
		{"csv.zst", func() string { return formatstest.File(b, "ratings.csv.zst", formatstest.Zstd(benchCSV())) }},
		{"jsonl", func() string {
			return formatstest.File(b, "ratings.jsonl", benchText("", `{"userId": "%d", "movieId": "%d", "rating": %.1f, "timestamp": %d}`+"\n"))
		}},
		{"parquet", func() string { return benchParquet(b) }},
	} {
		b.Run(form.name, func(b *testing.B) { benchInteractions(b, form.write()) })
	}
}

func benchParquet(b *testing.B) string {
	all := make([]rating, benchRows)
	for i := range all {
		all[i] = ratingOf(i)
	}
	path := filepath.Join(b.TempDir(), "ratings.parquet")
	if err := parquet.WriteFile(path, all, parquet.Compression(&parquet.Snappy)); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchInteractions(b *testing.B, path string) {
	d := configured(b, map[string]any{"path": path})
	b.ReportAllocs()
	n, before := 0, processorTime(b)
	for b.Loop() {
		err := d.Interactions(b.Context(), func(c *contract.InteractionChunk) error {
			n += c.Len()
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ours := (processorTime(b) - before).Seconds() / float64(n)
	b.ReportMetric(1e-6/ours, "Mrows/cpu-s")
	if theirs, ok := pandas(b, path); ok {
		b.ReportMetric(1e-6/theirs, "pandas-Mrows/cpu-s")
	}
}

// processorTime is what this process has had of the processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// pandas reads a file three times, with ids as texts, and gives the least processor
// time of a row in seconds.
func pandas(b *testing.B, path string) (seconds float64, ok bool) {
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		return 0, false
	}
	const script = `
import sys, time, pandas as pd
path, best, ids = sys.argv[1], 1e9, {"userId": str, "movieId": str}
for _ in range(3):
    began = time.process_time()
    if path.endswith("parquet"):
        d = pd.read_parquet(path)
    elif path.endswith("jsonl"):
        d = pd.read_json(path, lines=True, dtype=ids, convert_dates=False)
    else:
        d = pd.read_csv(path, dtype=ids)
    best = min(best, (time.process_time() - began) / len(d))
print(best)
`
	out, err := exec.Command(python, "-c", script, path).Output()
	if err == nil {
		seconds, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	}
	if err != nil {
		b.Fatalf("pandas: %v", err)
	}
	return seconds, true
}
