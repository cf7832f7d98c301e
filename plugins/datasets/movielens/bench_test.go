package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
	"cllm4rec/plugins/internal/formats/lines"
)

// benchRatings is a ratings.csv of so many lines in the form of ML-20M.
func benchRatings(b *testing.B, n int) string {
	var text strings.Builder
	text.WriteString("userId,movieId,rating,timestamp\n")
	for i := range n {
		_, _ = fmt.Fprintf(&text, "%d,%d,%.1f,%d\n", i/144+1, i*i%26744+1, float64(i%10+1)/2, 1112486027+i)
	}
	return formatstest.Folder(b, map[string]string{"ratings.csv": text.String()})
}

// BenchmarkRatings reads ratings.csv; its floor is to find the ends of its lines.
func BenchmarkRatings(b *testing.B) {
	const n = 500_000
	dir := benchRatings(b, n)
	rate := func(b *testing.B, read func() (int, error)) {
		for b.Loop() {
			if got, err := read(); err != nil || got != n {
				b.Fatal(got, err)
			}
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("lines alone", func(b *testing.B) {
		rate(b, func() (int, error) {
			found := -1 // the header
			err := lines.Raw(context.Background(), filepath.Join(dir, "ratings.csv"), func(lines.Line) error { found++; return nil })
			return found, err
		})
	})
	b.Run("interactions", func(b *testing.B) {
		d := configured(b, map[string]any{"path": dir})
		rate(b, func() (found int, err error) {
			err = d.Interactions(context.Background(), func(c *contract.InteractionChunk) error { found += c.Len(); return nil })
			return found, err
		})
	})
}
