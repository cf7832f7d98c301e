package lm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/tokenizer"
	"cllm4rec/plugins/internal/torch"
)

// Options is what a plugin's parameters say about loading.
type Options struct {
	Folder    string // of the language model, in the Hugging Face layout
	Device    string // auto, cpu, cuda or cuda:i
	DType     string // float32
	Threads   int    // 0: every processor
	Attention string // auto, packed, sdpa or plain
}

// Engine implements contract.Backbone but for Info, Configure and Load, which
// need the plugin's parameters.
type Engine struct {
	architecture Architecture
	exec         *torch.Executor
	weights      *torch.Scope
	model        Model
	words        *tokenizer.Tokenizer
	noTokenizer  error // why words is nil
	info         contract.ModelInfo
	towers       map[string]*tower
}

// New makes an engine that holds nothing yet.
func New(a Architecture) *Engine { return &Engine{architecture: a, towers: map[string]*tower{}} }

// Open loads the model that the options name, after closing the one before.
func (e *Engine) Open(ctx context.Context, o Options, progress contract.OnProgress) (contract.ModelInfo, error) {
	if err := e.Close(ctx); err != nil {
		return contract.ModelInfo{}, err
	}
	if err := e.open(ctx, o, progress); err != nil {
		return contract.ModelInfo{}, errors.Join(err, e.Close(ctx))
	}
	return e.info, nil
}

func (e *Engine) open(ctx context.Context, o Options, progress contract.OnProgress) error {
	device, err := Device(o)
	if err != nil {
		return err
	}
	if e.exec, err = torch.Start(o.Threads); err != nil {
		return err
	}
	progress.Report(contract.Progress{Stage: "load weights", Total: 2, Unit: "step"})
	var files []string
	err = e.exec.Do(func() error {
		e.weights = e.exec.Scope(device)
		e.model, files, err = e.architecture.Load(e.weights, o.Folder, o.Attention)
		return errors.Join(err, e.weights.Err())
	})
	if err != nil {
		return e.advise(err)
	}
	progress.Report(contract.Progress{Stage: "load tokenizer", Done: 1, Total: 2, Unit: "step"})
	if err := e.openTokenizer(o.Folder); err != nil {
		return err
	}
	mark, err := fingerprint(ctx, append(files, tokenizer.Files(o.Folder)...))
	e.info = e.describe(device, mark)
	progress.Report(contract.Progress{Stage: "load", Done: 2, Total: 2, Unit: "step"})
	return err
}

// openTokenizer: a folder without a tokenizer still serves prompts that are
// already token ids; only Encode misses it.
func (e *Engine) openTokenizer(folder string) error {
	var err error
	e.words, err = tokenizer.Load(folder)
	if errors.Is(err, contract.ErrNotFound) {
		e.words, e.noTokenizer = nil, err
		return nil
	}
	if err != nil {
		return err
	}
	return e.words.Check(e.model.Shape().Words)
}

func (e *Engine) describe(device torch.Device, mark string) contract.ModelInfo {
	shape := e.model.Shape()
	return contract.ModelInfo{
		Architecture: shape.Architecture, Words: shape.Words, Hidden: shape.Hidden, Layers: shape.Layers,
		Parameters: shape.Parameters, MaxLength: shape.MaxLength, Device: device.String(), DType: "float32",
		Threads: e.exec.Threads(), Library: "libtorch " + torch.Version(), Fingerprint: mark,
	}
}

// Device resolves the device and dtype of the options. ErrUnsupported names what
// this build or machine cannot do.
func Device(o Options) (torch.Device, error) {
	if o.DType != "" && o.DType != "float32" {
		return 0, contract.Errorf(contract.ErrUnsupported, "dtype %q is not supported; this backbone computes in float32", o.DType)
	}
	if o.Device == "cpu" || (o.Device == "auto" || o.Device == "") && torch.CUDADevices() == 0 {
		return torch.CPU, nil
	}
	kind, number, numbered := strings.Cut(o.Device, ":")
	index, err := strconv.Atoi(number)
	if !slices.Contains([]string{"auto", "", "cuda"}, kind) || numbered && (err != nil || index < 0) {
		return 0, contract.Errorf(contract.ErrInvalid, "device is %q; known are auto, cpu, cuda and cuda:i", o.Device)
	}
	if index >= torch.CUDADevices() {
		return 0, contract.Errorf(contract.ErrUnsupported, "device %q cannot be had: libtorch %s sees %d CUDA devices here; use cpu or auto", o.Device, torch.Version(), torch.CUDADevices())
	}
	return torch.Device(index), nil
}

// fingerprint is the sha256 over names and contents of the files.
func fingerprint(ctx context.Context, files []string) (string, error) {
	sum := sha256.New()
	for _, path := range slices.Compact(slices.Sorted(slices.Values(files))) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if _, err := fmt.Fprintln(sum, filepath.Base(path)); err != nil {
			return "", err
		}
		if err := hashFile(sum, path); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func hashFile(to io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(to, file)
	return err
}

// Encode turns texts into word ids.
func (e *Engine) Encode(_ context.Context, texts []string) ([][]int32, error) {
	if err := e.loaded("Encode"); err != nil {
		return nil, err
	}
	if e.words == nil {
		return nil, e.noTokenizer
	}
	return e.words.EncodeAll(texts), nil
}

// Close frees towers and model and ends the thread.
func (e *Engine) Close(context.Context) error {
	if e.exec == nil {
		return nil
	}
	err := e.exec.Do(func() error {
		for _, t := range e.towers {
			t.scope.Close()
		}
		if e.weights != nil {
			e.weights.Close()
		}
		return nil
	})
	e.exec.Close()
	e.exec, e.weights, e.model, e.words, e.towers = nil, nil, nil, nil, map[string]*tower{}
	return err
}

func (e *Engine) loaded(call string) error {
	if e.model == nil {
		return contract.Errorf(contract.ErrOrder, "%s was called before Load", call)
	}
	return nil
}

// do runs one piece of work in a scope of its own and returns the scope's error.
func (e *Engine) do(work func(s *torch.Scope) error) error {
	return e.exec.Do(func() error {
		s := e.weights.Nested()
		defer s.Close()
		if err := work(s); err != nil {
			return e.advise(err)
		}
		return e.advise(s.Err())
	})
}

// advise adds what to do to an error about memory.
func (e *Engine) advise(err error) error {
	if !errors.Is(err, contract.ErrOutOfMemory) {
		return err
	}
	return contract.Errorf(contract.ErrOutOfMemory, "%v. Make `batch` smaller, shorten the documents, or take a smaller model", err)
}

// CUDA tells whether the build has CUDA and sees a device.
func CUDA() bool { return torch.CUDADevices() > 0 }

// Live is the number of tensors that the engine holds: model, towers and their
// optimisers. It is the same after every step.
func (e *Engine) Live() int64 {
	if e.exec == nil {
		return 0
	}
	return e.exec.Live()
}
