package conformance

import (
	"context"
	"errors"
	"math"

	"cllm4rec/core/contract"
)

// mustEpoch is one epoch of a recommender that learns in epochs.
func mustEpoch(t TB, r contract.Recommender, number int) {
	t.Helper()
	got, err := r.(contract.EpochTrainer).Epoch(t.Context(), contract.EpochSpec{Number: number, Seed: uint64(100 + number)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.IsNaN(got.Loss) || math.IsInf(got.Loss, 0) || got.Steps < 1 || got.Examples < 1 || got.PeakMemory < 0 {
		t.Fatalf("epoch %d saw %+v", number, got)
	}
}

// epochOrder: epochs are numbered from 1 without a gap, after Begin; Fit is not for
// a plugin that has them, and Begin not for one that has not.
func (s *recommenderSuite) epochOrder(t T) {
	r := s.fresh(t)
	trainer, ok := r.(contract.EpochTrainer)
	if !s.info.Can(contract.CapabilityEpochs) {
		if ok {
			mustBe(t, trainer.Begin(t.Context(), s.spec(1), Stream(s.set)), contract.ErrUnsupported, "")
		}
		return
	}
	refused := func(number int) {
		t.Helper()
		_, err := trainer.Epoch(t.Context(), contract.EpochSpec{Number: number}, nil)
		mustBe(t, err, contract.ErrOrder, "")
	}
	mustBe(t, r.Fit(t.Context(), s.spec(1), Stream(s.set), nil), contract.ErrUnsupported, "")
	refused(1)
	begin := func() {
		t.Helper()
		if err := s.take(t.Context(), r, s.spec(1), s.stream(s.set)); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	refused(2)
	refused(0)
	mustEpoch(t, r, 1)
	refused(1)
	refused(3)
	mustEpoch(t, r, 2)
	s.rank(t, r, QueriesOf(s.set, 3))
	begin()
	refused(3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trainer.Epoch(ctx, contract.EpochSpec{Number: 1}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled epoch: error %v, want context.Canceled", err)
	}
}
