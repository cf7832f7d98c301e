package conformance

import (
	"context"
	"math"
	"time"

	"cllm4rec/core/contract"
)

func (s *backboneSuite) wrongSpecs(t T) {
	s.open(t, "a")
	for name, change := range map[string]func(*contract.TrainSpec){
		"objective": func(x *contract.TrainSpec) { x.Objective = "next_guess" },
		"reduction": func(x *contract.TrainSpec) { x.Reduction = "median" },
		"batch":     func(x *contract.TrainSpec) { x.Batch = 0 },
		"step":      func(x *contract.TrainSpec) { x.FirstStep = -1 },
		"afresh":    func(x *contract.TrainSpec) { x.FirstStep, x.FreshOptimiser = 1, true },
		"rate":      func(x *contract.TrainSpec) { x.LearningRate = 0 },
		"NaN rate":  func(x *contract.TrainSpec) { x.LearningRate = math.NaN() },
		"dropout":   func(x *contract.TrainSpec) { x.Dropout = 1 },
		"clip":      func(x *contract.TrainSpec) { x.MaxGradNorm = -1 },
		"decay":     func(x *contract.TrainSpec) { x.WeightDecay = math.NaN() },
		"schedule":  func(x *contract.TrainSpec) { x.Schedule.Kind = "linear" },
		"total":     func(x *contract.TrainSpec) { x.Schedule.Kind = contract.ScheduleCosine },
		"warm-up":   func(x *contract.TrainSpec) { x.Schedule.WarmUp = -1 },
		"prior": func(x *contract.TrainSpec) {
			x.Priors = []contract.Prior{{Coefficient: -1, Reduction: contract.ExampleMean}}
		},
	} {
		spec := s.spec("a", contract.NextItem)
		change(&spec)
		_, err := s.b.TrainTower(t.Context(), spec, chunked(s.documents(t, contract.NextItem), 2), nil)
		if !contract.IsBadInput(err) {
			t.Errorf("wrong %s: error %v, want an ErrInvalid", name, err)
		}
	}
	docs := []contract.Example{{Prompt: []int32{s.item(towerItems)}, Main: []int32{s.item(0)}}}
	if _, err := s.b.TrainTower(t.Context(), s.spec("a", contract.NextItem), chunked(docs, 1), nil); !contract.IsBadInput(err) {
		t.Errorf("a token beyond the last item: error %v, want an ErrInvalid", err)
	}
	err := s.b.OpenTower(t.Context(), contract.TowerSpec{Name: "b", Users: 1, Items: 0, InitStd: 0.02})
	if !contract.IsBadInput(err) {
		t.Errorf("a tower without items: error %v, want an ErrInvalid", err)
	}
}

func (s *backboneSuite) lossFalls(t T) {
	for _, o := range contract.Objectives() {
		s.open(t, "a")
		docs := s.documents(t, o)
		first := s.train(t, s.spec("a", o), docs)
		if first.Steps != 2 || first.MicroBatches < first.Steps || first.PeakMemory < 0 || first.Examples != int64(len(docs)) || first.Tokens < int64(len(docs)) || first.Predicted < int64(len(docs)) {
			t.Errorf("%s: counts %+v of %d documents", o, first, len(docs))
		}
		last := first
		for range 15 {
			last = s.train(t, s.spec("a", o), docs)
		}
		if !(last.Loss < first.Loss) || math.IsInf(first.Loss, 0) || !s.close(last.Loss, last.Data) {
			t.Errorf("%s: the loss went from %v to %v (data %v)", o, first.Loss, last.Loss, last.Data)
		}
	}
}

func (s *backboneSuite) chunks(t T) {
	docs := s.documents(t, contract.NextItem)
	var losses []float64
	for _, size := range []int{1, 4, len(docs)} {
		s.open(t, "a")
		for range 2 {
			r, err := s.b.TrainTower(t.Context(), s.spec("a", contract.NextItem), chunked(docs, size), nil)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, r.Loss)
		}
	}
	for i, loss := range losses {
		if !s.close(losses[i%2], loss) {
			t.Errorf("losses of passes in chunks of 1, 4 and all: %v", losses)
			return
		}
	}
}

func (s *backboneSuite) otherTowers(t T) {
	s.open(t, "a")
	s.open(t, "b")
	before := s.rank(t, "b", towerItems)
	s.train(t, s.spec("a", contract.NextItem), s.documents(t, contract.NextItem))
	same(t, "the other tower", before, s.rank(t, "b", towerItems), 0)
	s.open(t, "a")
	same(t, "two towers of one seed", before, s.rank(t, "a", towerItems), s.o.Tolerance)
}

func (s *backboneSuite) priorPulls(t T) {
	s.open(t, "a")
	s.open(t, "b")
	docs := s.documents(t, contract.NextItem)
	for range 5 {
		s.train(t, s.spec("b", contract.NextItem), docs)
	}
	spec := s.spec("a", contract.NextItem)
	spec.Priors = []contract.Prior{{Toward: "b", Coefficient: 1000, Reduction: contract.ExampleMean}}
	first := s.train(t, spec, docs)
	last := first
	for range 30 {
		last = s.train(t, spec, docs)
	}
	if len(last.Priors) != 1 || !(last.Priors[0] < first.Priors[0]/4) || !s.close(last.Loss, last.Data+last.Priors[0]) {
		t.Errorf("the penalty went from %v to %v (loss %v, data %v)", first.Priors, last.Priors, last.Loss, last.Data)
	}
}

// nonFinite cannot demand the error, since a model that normalises its inputs
// may survive any rate; but what comes must be the right error, and the tower
// must remain.
func (s *backboneSuite) nonFinite(t T) {
	s.open(t, "wild")
	spec := s.spec("wild", contract.NextItem)
	spec.LearningRate = 1e38
	var err error
	for range 3 {
		if _, err = s.b.TrainTower(t.Context(), spec, chunked(s.documents(t, contract.NextItem), 2), nil); err != nil {
			mustBe(t, err, contract.ErrNonFinite, "wild")
			break
		}
	}
	if closeErr := s.b.CloseTower(t.Context(), "wild"); closeErr != nil {
		t.Errorf("after training ended with %v: %v", err, closeErr)
	}
}

func (s *backboneSuite) streamError(t T) {
	s.open(t, "a")
	docs := s.documents(t, contract.NextItem)
	_, err := s.b.TrainTower(t.Context(), s.spec("a", contract.NextItem), func(yield func([]contract.Example, error) bool) {
		if yield(docs[:2], nil) {
			yield(nil, contract.Errorf(contract.ErrBadData, "document 3 is damaged"))
		}
	}, nil)
	mustBe(t, err, contract.ErrBadData, "document 3 is damaged")
	s.train(t, s.spec("a", contract.NextItem), docs)
}

func (s *backboneSuite) cancelled(t T) {
	s.open(t, "a")
	docs := s.documents(t, contract.NextItem)
	s.cancelledAmid(t, docs, func(ctx context.Context, stream contract.Examples) error {
		_, err := s.b.TrainTower(ctx, s.spec("a", contract.NextItem), stream, nil)
		return err
	})
	s.train(t, s.spec("a", contract.NextItem), docs)
}

// cancelledAmid gives up a call that has read its examples twenty times; it must return soon,
// and say why.
func (s *backboneSuite) cancelledAmid(t T, examples []contract.Example, call func(context.Context, contract.Examples) error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	err := call(ctx, func(yield func([]contract.Example, error) bool) {
		for range 20 {
			if !yield(examples, nil) {
				return
			}
		}
		cancel()
		yield(nil, ctx.Err())
	})
	mustBe(t, err, context.Canceled, "")
	if took := time.Since(began); took > patience {
		t.Errorf("the call returned after %s", took)
	}
}
