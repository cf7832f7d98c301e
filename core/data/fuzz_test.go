package data

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// decode reads rows of four bytes: user, item, value and time; the first byte
// of the input says which columns there are and how long the chunks are.
func decode(raw []byte) *fake {
	f := &fake{capabilities: []contract.Capability{contract.CapabilityGivenSplit, contract.CapabilityTexts}}
	if len(raw) == 0 {
		return f
	}
	shape, raw := raw[0], raw[1:]
	for len(raw) >= 4 {
		c := contract.InteractionChunk{Part: partNames[shape&3]}
		for n := 1 + int(shape>>4); n > 0 && len(raw) >= 4; n, raw = n-1, raw[4:] {
			c.Users, c.Items = append(c.Users, string(raw[:1])), append(c.Items, string(raw[1:2]))
			if shape&4 != 0 {
				c.Values = append(c.Values, math.Float32frombits(uint32(raw[2])<<24|0x400000))
			}
			if shape&8 != 0 {
				c.Times = append(c.Times, int64(raw[3]))
			}
		}
		f.chunks = append(f.chunks, c)
		f.documents = append(f.documents, contract.TextChunk{
			Kinds: slices.Repeat([]contract.TextKind{contract.TextReview}, c.Len()), Users: c.Users, Items: c.Items, Texts: c.Items,
		})
	}
	return f
}

// FuzzLoad wants a split whose counts add up, or an error with a sentinel.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("\x3caxAbayAcazAdbxAebyAf"), 0, 0, 0.1)
	f.Add([]byte("\x01axAbayAc"), 2, 1, 0.5)
	f.Fuzz(func(t *testing.T, raw []byte, core, method int, share float64) {
		o := Options{Texts: true, Filter: Filter{KCore: core % 4}, Split: SplitSpec{Method: []string{MethodRatio, MethodGiven, MethodLeaveOneOut, MethodTemporal}[uint(method)%4]}}
		if o.Split.Method == MethodRatio || o.Split.Method == MethodTemporal {
			o.Split.Test, o.Split.Validation = share, share
		}
		s, err := Load(context.Background(), decode(raw), o)
		if err != nil {
			if !contract.IsBadInput(err) {
				t.Fatal(err)
			}
			if s != nil || errors.Is(err, contract.ErrNotFound) {
				t.Fatalf("split %v with error %v", s, err)
			}
			return
		}
		if d := s.Audit.Dropped; d.Read != s.Audit.Interactions+d.Duplicates+d.MinValue+d.MaxValue+d.KCore {
			t.Fatalf("%d rows read, %d kept, dropped %+v", d.Read, s.Audit.Interactions, d)
		}
		c := s.Audit.Texts
		if c.Read != len(s.Training.Texts)+c.Repeated+c.Withheld+c.Filtered+c.Empty || len(s.Training.Texts) > s.Training.Interactions.Len() {
			t.Fatalf("%d texts of %d interactions, counts %+v", len(s.Training.Texts), s.Training.Interactions.Len(), *c)
		}
	})
}

// BenchmarkLoad measures filters, indexing and a ratio split in rows per second. Floor: the
// rows in columns, their ids numbered.
func BenchmarkLoad(b *testing.B) {
	d := dataset(random(1, 20000, 10000, 200000), true)
	start, rows := time.Now(), newRows()
	if err := d.Interactions(b.Context(), rows.add); err != nil {
		b.Fatal(err)
	}
	floor := time.Since(start)
	for b.Loop() {
		if _, err := Load(context.Background(), d, Options{Filter: Filter{KCore: 5}, Split: ratio}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(200000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor.Seconds(), "x-floor")
}
