package neighbours

import (
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Check refuses, as an ErrInvalid, to keep more neighbours than there are; what names
// them, such as "items".
func Check(keep, there int, what string) error {
	if keep <= there {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "neighbours is %d, and there are only %d %s: give fewer, or 0 for all", keep, there, what)
}

// CheckItems refuses more neighbours than x [users x items] has items, and, as an
// ErrOutOfMemory, weights between items that the memory cannot hold: keep for each item
// (0: all), as lists and once more as a Matrix.
func CheckItems(x *linalg.CSR, keep int, method string) error {
	if err := Check(keep, x.Cols, "items"); err != nil {
		return err
	}
	const entry = 16 // bytes
	entries := Pairs(x)
	if keep > 0 {
		entries = min(entries, float64(keep)*float64(x.Cols))
	}
	return baseline.RoomFor(2*entry*entries, fmt.Sprintf("%s on %d items", method, x.Cols), "keep fewer neighbours (neighbours), or fewer items (filter: {k_core: ...})")
}

// Pairs is at most how many pairs of columns x has in a row together: the sum of the
// squared lengths of its rows, and no more than all.
func Pairs(x *linalg.CSR) float64 {
	pairs, n := 0.0, float64(x.Cols)
	for r := range x.Rows {
		length := float64(len(x.Row(r)))
		pairs += length * length
	}
	return min(pairs, n*n)
}
