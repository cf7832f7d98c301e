package conformance

import (
	"cllm4rec/core/contract"
)

// source streams vectors of users or items.
type source func(contract.Entity, func(*contract.FeatureChunk) error) error

// vectorsOf streams the vectors of a recommender, which must have them.
func vectorsOf(t T, r contract.Recommender) source {
	return func(e contract.Entity, yield func(*contract.FeatureChunk) error) error {
		return r.(contract.VectorSource).Vectors(t.Context(), e, yield)
	}
}

// vectors: at least one of users and items has vectors after training.
func (s *recommenderSuite) vectors(t T) {
	untrained, ok := s.fresh(t).(contract.VectorSource)
	if !ok {
		return
	}
	if !s.info.Can(contract.CapabilityVectors) {
		_, err := readVectors(t, contract.EntityItem, SuiteUsers, SuiteItems, vectorsOf(t, untrained))
		mustBe(t, err, contract.ErrUnsupported, "")
		return
	}
	_, err := readVectors(t, contract.EntityItem, SuiteUsers, SuiteItems, vectorsOf(t, untrained))
	mustBe(t, err, contract.ErrOrder, "")
	trained, some := vectorsOf(t, s.ready), false
	for _, entity := range contract.Entities() {
		first, err := readVectors(t, entity, SuiteUsers, SuiteItems, trained)
		if err != nil {
			mustBe(t, err, contract.ErrUnsupported, "")
			continue
		}
		some = some || len(first) > 0
		again, err := readVectors(t, entity, SuiteUsers, SuiteItems, trained)
		if err != nil || len(again) != len(first) {
			t.Errorf("a second reading has %d vectors of %ss, the first %d, error %v", len(again), entity, len(first), err)
		}
	}
	if !some {
		t.Error("neither users nor items have vectors")
	}
	stops(t, trained)
}

// stops: an error of the reader ends the stream and comes back.
func stops(t T, from source) {
	t.Helper()
	for _, entity := range contract.Entities() {
		calls := 0
		err := from(entity, func(*contract.FeatureChunk) error {
			calls++
			return errStop
		})
		if calls > 0 {
			mustBe(t, err, errStop, "")
		}
		if calls > 1 {
			t.Errorf("%d chunks came after the reader's error", calls-1)
		}
	}
}

// readVectors checks a stream of vectors and returns them by index.
func readVectors(t T, entity contract.Entity, users, items int, from source) (map[int32][]float32, error) {
	t.Helper()
	all, last, width := map[int32][]float32{}, int32(-1), 0
	err := from(entity, func(c *contract.FeatureChunk) error {
		if err := c.Check(users, items); err != nil {
			t.Error(err)
		}
		if c.Entity != entity || c.Dense == nil || width != 0 && c.Width != width {
			t.Errorf("a chunk of %d rows is of %q, has width %d after %d, or is not dense", len(c.Rows), c.Entity, c.Width, width)
			return errStop
		}
		width = c.Width
		for i, row := range c.Rows {
			if row <= last {
				t.Errorf("row %d of %ss comes after row %d", row, entity, last)
			}
			last = row
			all[row] = append([]float32(nil), c.Dense[i*width:(i+1)*width]...)
		}
		return nil
	})
	return all, err
}
