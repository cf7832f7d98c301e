package order

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func TestOrdersArrangeAHistory(t *testing.T) {
	history := []int32{5, 2, 9, 7}
	if got := Index.Arrange(history, 1, 0); !slices.Equal(got, []int32{2, 5, 7, 9}) {
		t.Errorf("index: %v", got)
	}
	if got := History.Arrange(history, 1, 0); !slices.Equal(got, history) {
		t.Errorf("history: %v", got)
	}
	shuffled := Shuffled.Arrange(history, 1, 0)
	if slices.Equal(shuffled, history) || !slices.Equal(slices.Sorted(slices.Values(shuffled)), []int32{2, 5, 7, 9}) {
		t.Errorf("shuffled: %v", shuffled)
	}
	if got := Shuffled.Arrange([]int32{9, 7, 5, 2}, 1, 0); !slices.Equal(got, shuffled) {
		t.Errorf("the order that came in matters: %v and %v", got, shuffled)
	}
	others := 0
	for epoch := range 20 {
		if !slices.Equal(Shuffled.Arrange(history, 1, epoch+1), shuffled) {
			others++
		}
	}
	if others < 15 {
		t.Errorf("%d of 20 epochs have another order", others)
	}
}

func TestTimeNeedsTimesThatRise(t *testing.T) {
	x := &linalg.CSR{Rows: 2, Cols: 3, Ptr: []int{0, 2, 3}, Index: []int32{0, 1, 2}}
	if err := Time.Check(x, nil); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "order: history") || !strings.Contains(err.Error(), "shuffled") {
		t.Errorf("no times: error %v", err)
	}
	if err := Time.Check(x, []int64{1, 2, 0}); err != nil {
		t.Error(err)
	}
	if err := Time.Check(x, []int64{2, 1, 0}); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "user 0") {
		t.Errorf("falling times: error %v", err)
	}
	if err := Shuffled.Check(x, nil); err != nil {
		t.Error(err)
	}
}
