package neural

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// engine trains and ranks one model. Its parameters live in a scope on the thread
// of an executor.
type engine struct {
	plugin string
	model  Model
	exec   *torch.Executor
	scope  *torch.Scope // owns the parameters
	device torch.Device
	kernel nn.Kernel
	params *Parameters
	size   Sizes
	seed   uint64
	epoch  int   // the last that is finished
	steps  int64 // of the optimiser
}

// start makes an engine on the resources, without parameters.
func start(plugin string, m Model, r contract.Resources) (*engine, error) {
	device, err := deviceOf(r.Device)
	if err != nil {
		return nil, err
	}
	e := &engine{plugin: plugin, model: m, device: device}
	if e.kernel, err = nn.Choose(r.Attention, device); err != nil {
		return nil, err
	}
	if e.exec, err = torch.Start(r.Threads); err != nil {
		return nil, err
	}
	return e, e.exec.Do(func() error { e.scope = e.exec.Scope(device); return nil })
}

// declare makes the list of parameters and refuses it when memory is short.
func (e *engine) declare(size Sizes, limit int64) error {
	e.size, e.params = size, &Parameters{}
	e.model.Declare(e.params, size)
	return e.params.room(e.plugin, limit)
}

// begin draws the model for its data.
func (e *engine) begin(d *Data, limit int64) error {
	e.seed = d.Seed
	if err := e.declare(d.Sizes, limit); err != nil {
		return err
	}
	err := e.exec.Do(func() error { return e.params.allocate(e.scope, e.seed) })
	if err != nil {
		return err
	}
	return e.finish()
}

// finish lets a Finisher compute what Score reads.
func (e *engine) finish() error {
	f, ok := e.model.(Finisher)
	if !ok {
		return nil
	}
	return e.do(func(s *Step) error {
		s.NoGrad(func() { f.Finish(s) })
		return nil
	})
}

// do runs work in a Step that is not training and returns its scope's error.
func (e *engine) do(work func(s *Step) error) error {
	return e.exec.Do(func() error {
		s := e.step(e.scope.Nested())
		defer s.Close()
		if err := work(s); err != nil {
			return err
		}
		return s.Err()
	})
}

func (e *engine) step(scope *torch.Scope) *Step {
	return &Step{Scope: scope, Seed: e.seed, Epoch: e.epoch, Number: e.steps, Sizes: e.size, Kernel: e.kernel, params: e.params}
}

// train is one epoch: all phases, each over its examples in batches.
func (e *engine) train(ctx context.Context, spec contract.EpochSpec, progress contract.OnProgress) (contract.EpochResult, error) {
	if err := e.exec.Do(func() error { return e.exec.ResetPeakMemory(e.device) }); err != nil {
		return contract.EpochResult{}, err
	}
	run := epoch{engine: e, spec: spec, progress: progress}
	phases := e.model.Phases(spec.Number)
	for i, phase := range phases {
		err := run.phase(ctx, uint64(i), phase)
		if err == nil && (phase.Finishes || i == len(phases)-1) {
			err = e.finish()
		}
		if err != nil {
			return contract.EpochResult{}, err
		}
	}
	if run.result.Steps == 0 {
		return contract.EpochResult{}, contract.Errorf(contract.ErrBadData, "%s has nothing to learn from: no user has enough interactions", e.plugin)
	}
	run.result.Loss /= float64(run.result.Steps)
	e.epoch = spec.Number
	peak, err := e.exec.PeakMemory(e.device)
	run.result.PeakMemory = peak
	return run.result, err
}

// epoch is one call of train.
type epoch struct {
	*engine
	spec     contract.EpochSpec
	progress contract.OnProgress
	result   contract.EpochResult
	told     time.Time
}

// phase goes over the examples of a phase; the order and every step draw from
// streams of their own.
func (e *epoch) phase(ctx context.Context, number uint64, p Phase) error {
	if p.Fresh {
		if err := e.exec.Do(func() error { return e.params.forget(e.scope) }); err != nil {
			return err
		}
	}
	order := NewDraws(e.spec.Seed, number).Order(p.Examples)
	for at, step := 0, uint64(1); at < len(order); at, step = at+p.Batch, step+1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := order[at:min(at+p.Batch, len(order))]
		loss, err := e.learn(p, batch, number, step)
		if err != nil {
			return e.explain(err, p, step)
		}
		e.steps++
		e.result.Steps, e.result.Examples, e.result.Loss = e.result.Steps+1, e.result.Examples+int64(len(batch)), e.result.Loss+loss
		e.tell(int64(at+len(batch)), int64(len(order)), p.Name)
	}
	return nil
}

// learn is one step.
func (e *epoch) learn(p Phase, batch []int32, number, step uint64) (loss float64, err error) {
	err = e.do(func(s *Step) error {
		s.Draws, s.Epoch, s.Phase, s.Training = NewDraws(e.spec.Seed, number, step), e.spec.Number, p.Name, true
		if s.Device() != torch.CPU || s.Kernel != nn.Packed { // libtorch's own dropout has a stream beside that of the draws
			s.Scope.Seed(NewDraws(e.spec.Seed, number, step, 1).Uint64())
		}
		var err error
		loss, err = s.learn(e.model.Loss(s, batch), p)
		return err
	})
	return loss, err
}

// explain says where an error came up, and what to do about a loss that is no
// number or memory that ran out.
func (e *epoch) explain(err error, p Phase, step uint64) error {
	where := fmt.Sprintf("%s, epoch %d, step %d", e.plugin, e.spec.Number, step)
	if p.Name != "" {
		where += " of " + p.Name
	}
	switch {
	case errors.Is(err, contract.ErrNonFinite):
		return contract.Errorf(contract.ErrNonFinite, "%s: %v; the model is as it was before the step. Lower the learning rate, %v", where, err, p.Rate)
	case errors.Is(err, contract.ErrOutOfMemory):
		return contract.Errorf(contract.ErrOutOfMemory, "%s: %v. Lower the batch, %d", where, err, p.Batch)
	}
	return fmt.Errorf("%s: %w", where, err)
}

// tell reports progress, a few times in a second.
func (e *epoch) tell(done, total int64, phase string) {
	if done < total && time.Since(e.told) < 200*time.Millisecond {
		return
	}
	e.told = time.Now()
	e.progress.Report(contract.Progress{Stage: phase, Done: done, Total: total, Unit: "example", Loss: e.result.Loss / float64(e.result.Steps)})
}

// close frees the parameters and ends the thread.
func (e *engine) close() error {
	if e == nil {
		return nil
	}
	err := e.exec.Do(func() error { e.scope.Close(); return nil })
	e.exec.Close()
	return err
}
