package malformed

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestOnlyDamagedRecordsAreLeftOutAndOnlyWhereTheUserSaysSo(t *testing.T) {
	damaged := contract.Errorf(contract.ErrBadData, "f:3: no number")
	strict, lenient := Of("f", Error), Of("f", Skip)
	if err := strict.Check(damaged); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), "f:3: no number (malformed: skip") {
		t.Errorf("strict: %v", err)
	}
	if err := errors.Join(strict.Check(nil), lenient.Check(nil), lenient.Check(damaged), lenient.Check(damaged)); err != nil || lenient.left != 2 || lenient.first != damaged {
		t.Errorf("%v; %d left out, the first %v", err, lenient.left, lenient.first)
	}
	if err := lenient.Check(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("what is not about a record: %v", err)
	}
}
