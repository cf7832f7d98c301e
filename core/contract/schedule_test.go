package contract

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestScheduleRisesHoldsAndFalls(t *testing.T) {
	cosine := Schedule{Kind: ScheduleCosine, WarmUp: 4, Total: 14}
	for _, c := range []struct {
		schedule Schedule
		step     int64
		want     float64
	}{
		{Schedule{}, 0, 8}, {Schedule{}, 1 << 40, 8}, {Schedule{Kind: ScheduleConstant, Total: 5}, 9, 8},
		{Schedule{WarmUp: 4}, 0, 2}, {Schedule{WarmUp: 4}, 3, 8}, {Schedule{WarmUp: 4}, 4, 8},
		{cosine, 0, 2}, {cosine, 3, 8}, {cosine, 4, 8}, {cosine, 9, 4}, {cosine, 14, 0}, {cosine, 99, 0},
		{Schedule{Kind: ScheduleCosine, Total: 4}, 1, 4 * (1 + math.Cos(math.Pi/4))},
	} {
		if got := c.schedule.Rate(8, c.step); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: step %d has rate %v, want %v", c.schedule, c.step, got, c.want)
		}
	}
}

func TestRateGoesOnFromTheStepsBeforeThePass(t *testing.T) {
	s := TrainSpec{LearningRate: 8, Schedule: Schedule{WarmUp: 4, Start: 2}}
	if got := s.LearningRateAt(1); got != 8 {
		t.Errorf("step 3 of the stage has rate %v, want 8", got)
	}
}

func goodSpec() TrainSpec {
	return TrainSpec{Tower: "a", Objective: NextItem, Reduction: ExampleMean, Batch: 1, LearningRate: 0.1,
		Priors: []Prior{{Toward: "b", Coefficient: 1, Reduction: BatchSum}}}
}

func TestTrainSpecNamesWhatIsWrong(t *testing.T) {
	if err := goodSpec().Check(); err != nil {
		t.Error(err)
	}
	for part, change := range map[string]func(*TrainSpec){
		"objective":             func(s *TrainSpec) { s.Objective = "guess" },
		"reduction is":          func(s *TrainSpec) { s.Reduction = "median" },
		"multinomial":           func(s *TrainSpec) { s.Objective, s.Reduction = Multinomial, TokenMean },
		"batch":                 func(s *TrainSpec) { s.Batch = 0 },
		"rate is":               func(s *TrainSpec) { s.LearningRate = math.Inf(1) },
		"dropout":               func(s *TrainSpec) { s.Dropout = math.NaN() },
		"clipped":               func(s *TrainSpec) { s.MaxGradNorm = -1 },
		"weight decay":          func(s *TrainSpec) { s.WeightDecay = math.NaN() },
		`schedule is "linear"`:  func(s *TrainSpec) { s.Schedule.Kind = "linear" },
		"steps of warm-up":      func(s *TrainSpec) { s.Schedule.WarmUp = -1 },
		"cosine schedule has 5": func(s *TrainSpec) { s.Schedule = Schedule{Kind: ScheduleCosine, WarmUp: 5, Total: 5} },
		"prior 0: coefficient":  func(s *TrainSpec) { s.Priors[0].Coefficient = -1 },
		"prior 0: reduction":    func(s *TrainSpec) { s.Priors[0].Reduction = TokenMean },
		"toward itself":         func(s *TrainSpec) { s.Priors[0].Toward = "a" },
	} {
		s := goodSpec()
		change(&s)
		if err := s.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), `tower "a"`) {
			t.Errorf("%s: error %v", part, err)
		}
	}
}
