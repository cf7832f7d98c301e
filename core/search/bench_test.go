package search

import "testing"

// BenchmarkTPE suggests after 1,000 trials of five parameters. Floor: the densities of 24
// candidates under 1,000 kernels for each parameter, 120,000 exponentials, 1 ms.
func BenchmarkTPE(b *testing.B) {
	s := space(b, functions["mixture"].space...)
	tpe, err := NewTPE(s, 1, TPEOptions{Direction: Minimise})
	if err != nil {
		b.Fatal(err)
	}
	drawn, err := NewRandom(s, 1).Suggest(nil, 1000)
	if err != nil {
		b.Fatal(err)
	}
	var history []Trial
	for i, a := range drawn {
		history = append(history, Trial{Params: a, State: Complete, Value: functions["mixture"].loss(a, i)})
	}
	for b.Loop() {
		if _, err := tpe.Suggest(history, 1); err != nil {
			b.Fatal(err)
		}
	}
}
