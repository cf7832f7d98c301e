package pluginrpc

import (
	"iter"

	"cllm4rec/core/contract"
)

// chunkBytes is the size that a streamed message aims at: large enough that its
// cost per message vanishes, small enough that neither side holds much.
const chunkBytes = 1 << 20

// batchBytes bounds request and reply of a unary batch.
const batchBytes = 4 << 20

// span is a range [Lo, Hi) of rows.
type span struct{ Lo, Hi int }

// spans cuts n rows into consecutive spans of at most limit bytes, at least one
// row each. A single row that no message can hold is an ErrInvalid.
func spans(n, limit int, size func(row int) int) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		for lo := 0; lo < n; {
			hi, bytes := lo, 0
			for hi < n && (hi == lo || bytes+size(hi) <= limit) {
				bytes += size(hi)
				hi++
			}
			if bytes > MaxMessage-chunkBytes {
				yield(span{}, contract.Errorf(contract.ErrInvalid, "row %d takes %d bytes, more than the %d of a message", lo, bytes, MaxMessage-chunkBytes))
				return
			}
			if !yield(span{lo, hi}, nil) {
				return
			}
			lo = hi
		}
	}
}

// cut is rows lo to hi of a column that may be absent.
func cut[T any](column []T, s span) []T {
	if column == nil {
		return nil
	}
	return column[s.Lo:s.Hi]
}

// fits reports whether a column has n rows; an optional one may have none.
func fits[T any](column []T, n int, optional bool) bool {
	return len(column) == n || optional && len(column) == 0
}
