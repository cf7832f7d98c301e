package torch

// #include "glue.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// Device says where tensors lie: CPU, or the number of a CUDA device.
type Device int

// CPU is the machine's own memory.
const CPU Device = -1

// String is "cpu" or "cuda:i".
func (d Device) String() string {
	if d < 0 {
		return "cpu"
	}
	return fmt.Sprintf("cuda:%d", int(d))
}

// Scope owns the tensors that its methods make and frees them at Close. It
// remembers the first error and does nothing after it. Use it inside Do only.
type Scope struct {
	exec   *Executor
	device Device
	owned  []*Tensor
	tape   []replay
	err    error
}

// Tensor is a handle with one owner. It is dead after its scope was closed;
// using it then is an error, not a crash.
type Tensor struct {
	handle libtch.Ctensor
	owner  *Scope
}

// Scope opens a scope whose new tensors lie on a device.
func (e *Executor) Scope(device Device) *Scope { return &Scope{exec: e, device: device} }

// Nested opens a scope of the same device and executor.
func (s *Scope) Nested() *Scope { return &Scope{exec: s.exec, device: s.device} }

// Device is where the scope's new tensors lie.
func (s *Scope) Device() Device { return s.device }

// Err is the first error of the scope's operations.
func (s *Scope) Err() error { return s.err }

// Close frees every tensor that the scope still owns.
func (s *Scope) Close() {
	for _, t := range s.owned {
		if t.owner == s {
			s.exec.live.Add(-1)
			libtch.AtFree(t.handle)
			t.handle, t.owner = nil, nil
		}
	}
	s.owned = nil
}

// Adopt takes over a tensor from the scope that made it.
func (s *Scope) Adopt(t *Tensor) *Tensor {
	if t.handle == nil || t.owner == s {
		return t
	}
	t.owner = s
	s.owned = append(s.owned, t)
	return t
}

// NoGrad runs body without recording gradients and restores the mode after it.
func (s *Scope) NoGrad(body func()) {
	if !s.here("no_grad") {
		return
	}
	was := C.glue_grad_mode(0)
	defer C.glue_grad_mode(was)
	body()
}

// Fail makes err the scope's error unless it has one.
func (s *Scope) Fail(err error) { s.fail(err) }

func (s *Scope) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// inherit takes over the error of a scope that did part of this one's work.
func (s *Scope) inherit(from *Scope) {
	if from.err != nil {
		s.fail(from.err)
	}
}

func (s *Scope) own(handle libtch.Ctensor) *Tensor {
	t := &Tensor{handle: handle, owner: s}
	s.exec.live.Add(1)
	s.owned = append(s.owned, t)
	return t
}

var errDead = errors.New("an argument is not a live tensor")

// here fails the scope unless its executor's thread is the caller's.
func (s *Scope) here(name string) bool {
	if s.exec.here() {
		return true
	}
	s.fail(fmt.Errorf("torch: %s: %w", name, errElsewhere))
	return false
}

// ready reports whether whether an operation on these tensors may go ahead.
func (s *Scope) ready(name string, args []*Tensor) bool {
	if s.err != nil || !s.here(name) {
		return false
	}
	for _, a := range args {
		if a == nil || a.handle == nil {
			s.fail(fmt.Errorf("torch: %s: %w", name, errDead))
			return false
		}
	}
	return true
}

// call runs a generated libtch call that leaves one tensor in out.
func (s *Scope) call(name string, do func(out *libtch.Ctensor), args ...*Tensor) *Tensor {
	if !s.ready(name, args) {
		return &Tensor{}
	}
	var out libtch.Ctensor
	do(&out)
	return s.result(name, out, generated(), args)
}

// fused runs a glue call that leaves one tensor in out.
func (s *Scope) fused(name string, do func(out *C.glue_tensor) C.glue_error, args ...*Tensor) *Tensor {
	if !s.ready(name, args) {
		return &Tensor{}
	}
	var out C.glue_tensor
	err := failure(do(&out))
	return s.result(name, libtch.Ctensor(unsafe.Pointer(out)), err, args)
}

func (s *Scope) result(name string, out libtch.Ctensor, err error, args []*Tensor) *Tensor {
	if err == nil && out == nil {
		err = errors.New("no result")
	}
	if err != nil {
		s.fail(fmt.Errorf("torch: %s(%s): %w", name, shapes(args), err))
		return &Tensor{}
	}
	return s.own(out)
}

func shapes(args []*Tensor) string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = fmt.Sprint(a.Shape())
	}
	return strings.Join(all, ", ")
}

// c is the handle as the glue takes it; NULL for nil.
func (t *Tensor) c() C.glue_tensor {
	if t == nil {
		return nil
	}
	return C.glue_tensor(unsafe.Pointer(t.handle))
}
