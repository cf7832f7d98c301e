package record

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// encodeRows writes rows as a Parquet file; the same rows give the same bytes.
func encodeRows[T any](rows []T) ([]byte, error) {
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[T](&buf, parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	err := w.Close()
	return buf.Bytes(), err
}

// decodeRows reads what encodeRows wrote. Its bytes have been held against their
// checksum before; the reader panics over some files that were never Parquet.
func decodeRows[T any](raw []byte) (rows []T, err error) {
	defer func() {
		if p := recover(); p != nil {
			rows, err = nil, fmt.Errorf("it is no Parquet file: %v", p)
		}
	}()
	return parquet.Read[T](bytes.NewReader(raw), int64(len(raw)))
}
