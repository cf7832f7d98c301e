package lm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/tokenizer"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Options is what a plugin's parameters say about loading.
type Options struct {
	Folder        string // of the language model, in the Hugging Face layout, or a GGUF file
	Device        string // auto, cpu, cuda or cuda:i
	DType         string // float32 or bfloat16
	Threads       int    // 0: every processor, or what the host allows
	Attention     string // auto, packed, sdpa or plain
	MicroBatch    int64  // tokens of one forward and backward pass; 0: a whole batch, less when memory runs out
	Checkpointing bool   // compute layers again in the backward pass instead of keeping them
	Random        uint64 // seed of random weights in place of those of the files; 0: those of the files
}

// Engine implements contract.Backbone but for Info, Configure and Load, which
// need the plugin's parameters.
type Engine struct {
	architecture Architecture
	options      Options
	exec         *torch.Executor
	weights      *torch.Scope // owns the language model
	definition   Definition
	shape        Shape
	frozen       *nn.Weights
	model        Model // over frozen
	dtype        torch.DType
	kernel       nn.Kernel
	words        *tokenizer.Tokenizer
	noTokenizer  error   // why words is nil
	begin        []int64 // what the tokenizer puts before a text
	info         contract.ModelInfo
	towers       map[string]*tower
	micro        atomic.Int64 // tokens of a micro-batch, lowered when memory runs out; 0 is any number
}

// New makes an engine that holds nothing yet.
func New(a Architecture) *Engine { return &Engine{architecture: a, towers: map[string]*tower{}} }

// Architecture is what the engine was made for.
func (e *Engine) Architecture() Architecture { return e.architecture }

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
	if err := e.start(o); err != nil {
		return err
	}
	progress.Report(contract.Progress{Stage: "load weights", Total: 2, Unit: "step"})
	files, err := e.openModel(o)
	if err != nil {
		return e.advise(err)
	}
	progress.Report(contract.Progress{Stage: "load tokenizer", Done: 1, Total: 2, Unit: "step"})
	if err := e.openTokenizer(o.Folder); err != nil {
		return err
	}
	mark, err := fingerprint(ctx, append(files, tokenizer.Files(o.Folder)...))
	e.info.Fingerprint = o.mark(mark)
	progress.Report(contract.Progress{Stage: "load", Done: 2, Total: 2, Unit: "step"})
	return err
}

// start resolves the options and starts the thread that computes.
func (e *Engine) start(o Options) error {
	device, err := Device(o)
	if err != nil {
		return err
	}
	if e.dtype, err = dtype(o.DType); err != nil {
		return err
	}
	if e.kernel, err = nn.Choose(o.Attention, device); err != nil {
		return err
	}
	if e.exec, err = torch.Start(o.Threads); err != nil {
		return err
	}
	e.options = o
	e.micro.Store(o.MicroBatch)
	return e.exec.Do(func() error { e.weights = e.exec.Scope(device); return nil })
}

// openModel reads a folder's configuration and weights and names the files.
func (e *Engine) openModel(o Options) (files []string, err error) {
	folder, err := hf.OpenFolder(o.Folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	definition, weights, err := bind(e.architecture, folder)
	if err != nil {
		return nil, err
	}
	err = e.exec.Do(func() error {
		if o.Random > 0 {
			return e.fresh(definition, o.Random)
		}
		return e.freeze(definition, weights)
	})
	return folder.Paths(), err
}

// freeze gives the engine a model with the weights of the files.
func (e *Engine) freeze(d Definition, weights *hf.Weights) error {
	e.definition, e.frozen = d, &nn.Weights{Tensors: map[string]*torch.Tensor{}, Kernel: e.kernel}
	for _, w := range d.Layout().Specs {
		view, err := weights.Tensor(w)
		if err != nil {
			return err
		}
		if e.frozen.Tensors[w.Name], err = load(e.weights, view, e.dtype); err != nil {
			return err
		}
	}
	return e.assemble()
}

// bind reads a folder's configuration and finds every weight that it asks for.
func bind(a Architecture, folder *hf.Folder) (Definition, *hf.Weights, error) {
	definition, err := a.Read(folder.Config)
	if err != nil {
		return nil, nil, err
	}
	if err := folder.Fits(definition.Shape().Layers); err != nil {
		return nil, nil, err
	}
	weights, err := folder.Weights(definition.Layout())
	return definition, weights, err
}

// assemble makes the model of the frozen weights.
func (e *Engine) assemble() error {
	e.shape = e.definition.Shape()
	e.model = e.definition.Assemble(e.weights, e.frozen)
	e.info = e.describe()
	return errors.Join(e.frozen.Err(), e.weights.Err())
}

// load copies a weight to the device, from the mapped file, in the dtype of the model.
func load(s *torch.Scope, v safetensors.View, to torch.DType) (*torch.Tensor, error) {
	from, known := map[safetensors.DType]torch.DType{
		safetensors.F64: torch.Float64, safetensors.F32: torch.Float32, safetensors.F16: torch.Float16, safetensors.BF16: torch.BFloat16,
	}[v.DType]
	if !known {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q has dtype %s, expected floats", v.File, v.Name, v.DType)
	}
	return s.Load(v.Bytes, from, to, sizes(v.Shape)...), s.Err()
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
	if begin, ok := e.words.Begin(); ok && !e.shape.Separate {
		e.begin = []int64{int64(begin)}
		e.info.MaxLength--
	}
	return e.words.Check(e.shape.Words)
}

func (e *Engine) describe() contract.ModelInfo {
	shape := e.shape
	return contract.ModelInfo{
		Architecture: shape.Architecture, VocabSize: shape.Words, Hidden: shape.Hidden, Layers: shape.Layers, EncoderDecoder: shape.Separate,
		Parameters: e.definition.Layout().Parameters(), MaxLength: shape.MaxLength, Device: e.weights.Device().String(),
		DType: e.dtype.String(), Threads: e.exec.Threads(), Library: "libtorch " + torch.Version(),
	}
}

// dtype is that of weights and activations.
func dtype(name string) (torch.DType, error) {
	switch name {
	case "", "float32":
		return torch.Float32, nil
	case "bfloat16":
		return torch.BFloat16, nil
	}
	return 0, contract.Errorf(contract.ErrUnsupported, "dtype %q is not supported; known are float32 and bfloat16", name)
}

// Device resolves the device of the options. ErrUnsupported names what this build
// or machine cannot do.
func Device(o Options) (torch.Device, error) {
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

// mark tells towers of random weights from those of the files.
func (o Options) mark(files string) string {
	if o.Random == 0 {
		return files
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s, random weights %d", files, o.Random))
	return hex.EncodeToString(sum[:])
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
	file, err := regular.Open(path)
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
	*e = *New(e.architecture)
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
	return contract.Errorf(contract.ErrOutOfMemory, "%v. Give `micro_batch` a small number of tokens, set `checkpointing`, shorten the examples (`max_length`), use `dtype: bfloat16`, or take a smaller model", err)
}

// CUDA reports whether the build has CUDA and sees a device.
func CUDA() bool { return torch.CUDADevices() > 0 }

// Live is the number of tensors that the engine holds: model, towers and their
// optimisers. It is the same after every step.
func (e *Engine) Live() int64 {
	if e.exec == nil {
		return 0
	}
	return e.exec.Live()
}
