package neural

import (
	"fmt"
	"testing"

	"cllm4rec/core/contract"
)

// BenchmarkTableStep is a step of 4,096 looks into a table of 64 columns: gradient,
// moments and rows. It must cost the same whatever the number of rows.
func BenchmarkTableStep(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) { benchmarkTableStep(b, rows) })
	}
}

func benchmarkTableStep(b *testing.B, rows int) {
	e, err := start("bench", nil, contract.Resources{Device: "cpu"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.close() }()
	e.params = &Parameters{}
	e.params.Table("items", Constant(.1), rows, 64)
	if err := e.exec.Do(func() error { return e.params.allocate(e.scope, 1) }); err != nil {
		b.Fatal(err)
	}
	draws, ids := NewDraws(1), make([]int64, 4096)
	for b.Loop() {
		for i := range ids {
			ids[i] = int64(draws.Below(rows))
		}
		err := e.do(func(s *Step) error {
			s.Draws, s.Training = draws, true
			_, err := s.learn(s.Sum(s.SumLast(s.Square(s.LookUp("items", ids)))), Phase{Rate: .01})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
