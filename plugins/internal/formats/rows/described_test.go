package rows

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

func TestAttributesBeginWithTheirFirstValueAndLeaveOutWhatIsEmpty(t *testing.T) {
	var got []string
	w := Described{Entity: contract.EntityItem, Yield: func(c *contract.AttributeChunk) error {
		got = append(got, fmt.Sprint(c.Entity, " ", c.Name, " ", c.Type, " ", c.IDs, " ", c.Words, c.Numbers, c.Sets))
		return nil
	}}
	price := 1.5
	err := errors.Join(
		w.Word("brand", "a", ""), w.Number("price", "a", nil), w.Set("tags", "a", []string{"", ""}),
		w.Set("tags", "a", []string{"x", "", "y", "x"}), w.Number("price", "b", &price), w.Word("brand", "b", "Hosa"), w.Set("tags", "b", []string{"y"}), w.Flush(),
	)
	want := []string{"item tags set [a b] [] [] [[x y] [y]]", "item price number [b] [] [1.5] []", "item brand category [b] [Hosa] [] []"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	stopped := Described{Entity: contract.EntityItem, Yield: func(*contract.AttributeChunk) error { return contract.ErrInvalid }}
	if err := errors.Join(stopped.Word("brand", "c", "x"), stopped.Flush()); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v, want the reader's", err)
	}
}
