package lm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/tokenizer"
	"cllm4rec/plugins/internal/numerics/torch"

	"golang.org/x/sys/cpu"
)

// Params are the parameters of a backbone plugin.
type Params struct {
	Weights       string `json:"weights" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder of the language model in the Hugging Face layout: config.json, weights (safetensors, pytorch_model.bin, whole or in shards) and tokenizer; or one GGUF file where the architecture has that format"`
	Device        string `json:"device" jsonschema:"default=auto,pattern=^(auto|cpu|cuda(:[0-9]+)?)$" jsonschema_extras:"x-resource=true" jsonschema_description:"auto takes a CUDA device when the build has one; else cpu, cuda or cuda:i"`
	DType         string `json:"dtype" jsonschema:"default=float32,enum=float32,enum=bfloat16" jsonschema_description:"of weights and activations; soft tokens, losses and optimiser are float32 always"`
	Threads       int    `json:"threads" jsonschema:"default=0,minimum=0,maximum=1024" jsonschema_extras:"x-resource=true" jsonschema_description:"threads of one operation; 0 is the share that --threads or --jobs gives a plugin, else every processor"`
	Attention     string `json:"attention" jsonschema:"default=auto,enum=auto,enum=packed,enum=sdpa,enum=plain" jsonschema_extras:"x-resource=true" jsonschema_description:"kernel; all give the same numbers up to rounding"`
	MicroBatch    int64  `json:"micro_batch" jsonschema:"default=0,minimum=0" jsonschema_extras:"x-resource=true" jsonschema_description:"tokens of one forward and backward pass; a batch with more is cut and its gradients are added up; 0 cuts only when memory runs out"`
	Checkpointing bool   `json:"checkpointing" jsonschema:"default=false" jsonschema_extras:"x-resource=true" jsonschema_description:"compute layers again in the backward pass instead of keeping them: less memory, a third more time"`
	Random        uint64 `json:"random_weights,omitempty" jsonschema:"minimum=0,maximum=9007199254740991" jsonschema_description:"a control: the seed of random weights, drawn as the architecture draws its first ones, in place of those of the files; the tokenizer stays (0 or left out: those of the files)"`
}

func (p Params) options() Options {
	return Options{Folder: p.Weights, Device: p.Device, DType: p.DType, Threads: p.Threads, Attention: p.Attention,
		MicroBatch: p.MicroBatch, Checkpointing: p.Checkpointing, Random: p.Random}
}

// with puts what the host assigned in place of what the parameters say.
func (o Options) with(r contract.Resources) Options {
	if r.Threads > 0 {
		o.Threads = r.Threads
	}
	if r.Device != "" {
		o.Device = r.Device
	}
	if r.MicroBatch > 0 {
		o.MicroBatch = r.MicroBatch
	}
	if r.Attention != "" {
		o.Attention = r.Attention
	}
	if r.Checkpointing != nil {
		o.Checkpointing = *r.Checkpointing
	}
	return o
}

// Backbone is a whole backbone plugin around an architecture.
type Backbone struct {
	sdk.Base[Params]
	*Engine
}

var (
	_ contract.Pretrainer  = (*Backbone)(nil)
	_ contract.Embedder    = (*Backbone)(nil)
	_ contract.TowerReader = (*Backbone)(nil)
	_ contract.ItemMapper  = (*Backbone)(nil)
	_ contract.Newcomers   = (*Backbone)(nil)
)

// NewBackbone makes the plugin of an architecture with nothing loaded; semantics is
// contract.Info's. An architecture that is a Trainer can be pretrained.
func NewBackbone(a Architecture, semantics int, version, summary string) *Backbone {
	capabilities := []contract.Capability{contract.CapabilityTrainAll, contract.CapabilityLoRA, contract.CapabilityVectors, contract.CapabilityEmbed,
		contract.CapabilityFirstStep, contract.CapabilityItemMap, contract.CapabilityItemBias, contract.CapabilityExcluded, contract.CapabilityOffsets, contract.CapabilityMeanPrompts,
		contract.CapabilityNewcomers, contract.CapabilityGeneration, contract.CapabilityExtendedHead}
	var check contract.Check
	if trainer, ok := a.(Trainer); ok {
		capabilities = append(capabilities, contract.CapabilityPretrain)
		check = contract.Check{Params: []byte(`{"weights": "./model"}`), Model: "./model", Shape: trainer.Tiny()}
	}
	if CUDA() {
		capabilities = append(capabilities, contract.CapabilityCUDA)
	}
	b := &Backbone{
		Base: sdk.NewBase[Params](contract.Info{Kind: contract.KindBackbone, Name: a.Name(), Version: version, Semantics: semantics,
			Summary: summary, Capabilities: capabilities, Check: check}),
		Engine: New(a),
	}
	b.Check = func(p Params) error { return CheckFolder(a, p.Weights) }
	return b
}

// Load reads the weights that Configure named.
func (b *Backbone) Load(ctx context.Context, resources contract.Resources, progress contract.OnProgress) (contract.ModelInfo, error) {
	if err := b.Configured("Load"); err != nil {
		return contract.ModelInfo{}, err
	}
	info, err := b.Open(ctx, b.Params().options().with(resources), progress)
	if err == nil && lacksBFloat16(info, runtime.GOARCH, cpu.X86.HasAVX512BF16) {
		log := sdk.Logger()
		log.Warn().Msg("this processor has no AVX-512 BF16 instructions: dtype bfloat16 is slower here than float32")
	}
	return info, err
}

// lacksBFloat16 reports whether a model computes in bfloat16 on a processor that has no
// instructions for it.
func lacksBFloat16(info contract.ModelInfo, arch string, native bool) bool {
	return info.DType == torch.BFloat16.String() && info.Device == "cpu" && arch == "amd64" && !native
}

// Close frees the model.
func (b *Backbone) Close(ctx context.Context) error { return b.Engine.Close(ctx) }

// Pretrain trains a small model of the architecture from texts.
func (b *Backbone) Pretrain(ctx context.Context, spec contract.PretrainSpec, texts iter.Seq2[[]string, error], progress contract.OnProgress) (contract.PretrainResult, error) {
	if err := b.Configured("Pretrain"); err != nil {
		return contract.PretrainResult{}, err
	}
	trainer, ok := b.architecture.(Trainer)
	if !ok {
		return contract.PretrainResult{}, contract.Errorf(contract.ErrUnsupported, "the backbone %s cannot pretrain a model", b.architecture.Name())
	}
	return Pretrain(ctx, trainer, b.Params().options(), spec, texts, progress)
}

// CheckFolder reads configuration, tensor headers and tokenizer of a folder, but
// no weights: what is wrong with it is told before any work begins. A folder
// that is not there yet may be about to be pretrained, and one without a
// tokenizer serves token ids.
func CheckFolder(a Architecture, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	folder, err := hf.OpenFolder(path)
	if err != nil {
		return err
	}
	definition, _, err := bind(a, folder)
	if err := errors.Join(err, folder.Close()); err != nil {
		return err
	}
	words, err := tokenizer.Load(path)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := words.Check(definition.Shape().Words); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
