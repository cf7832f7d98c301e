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
		w.Add("a", Category("brand", ""), Number("price", nil), Set("tags", []string{"", ""}), Set("tags", []string{"x", "", "y", "x"})),
		w.Add("b", Number("price", &price), Category("brand", "Hosa"), Set("tags", []string{"y"})), w.Flush(),
	)
	want := []string{"item tags set [a b] [] [] [[x y] [y]]", "item price number [b] [] [1.5] []", "item brand category [b] [Hosa] [] []"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	stopped := Described{Entity: contract.EntityItem, Yield: func(*contract.AttributeChunk) error { return contract.ErrInvalid }}
	if err := errors.Join(stopped.Add("c", Category("brand", "x")), stopped.Flush()); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v, want the reader's", err)
	}
}

func TestAttributesComeInTheOrderThatIsAsked(t *testing.T) {
	var got []string
	w := Described{Entity: contract.EntityUser, Order: []string{"age", "place"}, Yield: func(c *contract.AttributeChunk) error {
		got = append(got, fmt.Sprint(c.Name, " ", c.Type, " ", c.IDs, " ", c.Words, c.Numbers))
		return nil
	}}
	err := errors.Join(w.Add("a", Number("age", FromOne(0.5)), Text("place", "by the sea")), w.Add("b", Number("age", FromOne(1))), w.Flush())
	if want := []string{"age number [b] [] [1]", "place text [a] [by the sea] []"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
