package delimited

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"cllm4rec/plugins/internal/formats/formatstest"
)

// The floor is a reading that only looks for ends of lines; encoding/csv, which
// allocates a string for each record, is the peer.
func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	for i := range 1_000_000 {
		_, _ = fmt.Fprintf(&text, "%d,%d,%.1f,%d\n", i*7919%138493+1, i*104729%27278+1, float64(i%10+1)/2, 1_112_486_027+i)
	}
	path := formatstest.File(b, "ratings.csv", text.Bytes())
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		for range b.N {
			data, err := os.ReadFile(path)
			if err != nil || bytes.Count(data, []byte("\n")) != 1_000_000 {
				b.Fatal(err)
			}
		}
	})
	for name, o := range map[string]Options{"plain": {Separator: ","}, "quotes": {Separator: ",", Quotes: true}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for range b.N {
				if err := Each(b.Context(), path, o, numbers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for range b.N {
			peer(b, path)
		}
	})
}

func numbers(r Record) error {
	_, err1 := r.Value(2)
	_, err2 := r.Whole(3)
	return errors.Join(err1, err2)
}

func peer(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = numbers(Record{Fields: [][]byte{nil, nil, []byte(record[2]), []byte(record[3])}})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
