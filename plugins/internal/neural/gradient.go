package neural

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// Gradient is loss and gradients of the first step that Epoch would take, by the
// names of the parameters, without taking it; those that have none are missing. For
// checks.
func (r *Recommender[P]) Gradient(spec contract.EpochSpec) (loss float64, gradients map[string][]float32, err error) {
	if r.data == nil {
		return 0, nil, sdk.ErrOrder("Gradient", "Begin")
	}
	p := r.engine.model.Phases(spec.Number)[0]
	batch := NewDraws(spec.Seed, 0).Order(p.Examples)
	err = r.engine.do(func(s *Step) error {
		defer s.ClearGrad(s.leaves())
		s.Draws, s.Epoch, s.Phase, s.Training = NewDraws(spec.Seed, 0, 1), spec.Number, p.Name, true
		total := r.engine.model.Loss(s, batch[:min(p.Batch, len(batch))])
		s.backward(total)
		loss, gradients = s.Scalar(total), s.gradients()
		return nil
	})
	return loss, gradients, err
}

// gradients reads those of all parameters; a table's has zeros where no row was
// looked up.
func (s *Step) gradients() map[string][]float32 {
	all := map[string][]float32{}
	for _, t := range s.params.list {
		if t.kind == dense {
			if values := s.Grad(t.value); values != nil {
				all[t.name] = values
			}
			continue
		}
		rows, g := s.rowGradients(t)
		if rows == nil {
			continue
		}
		values, width, whole := s.Read(g), int(t.shape[1]), make([]float32, elements(t.shape))
		for i, row := range rows {
			copy(whole[int(row)*width:], values[i*width:(i+1)*width])
		}
		all[t.name] = whole
	}
	return all
}
