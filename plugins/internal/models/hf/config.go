// Package hf reads Hugging Face model folders: configuration and weights, each
// weight held against what the configuration asks for. It knows no tensor library.
package hf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"cllm4rec/core/contract"
)

// ConfigName is the file that describes a model.
const ConfigName = "config.json"

// Activation is the nonlinearity of a feed-forward layer.
type Activation string

// The activations. Hugging Face has several names for some of them.
const (
	GELUTanh Activation = "gelu_new" // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
	GELU     Activation = "gelu"     // x Phi(x), exact
	ReLU     Activation = "relu"
	SiLU     Activation = "silu" // x sigmoid(x)
	Tanh     Activation = "tanh"
)

// activations maps the names of transformers' ACT2FN.
var activations = map[string]Activation{
	"gelu_new": GELUTanh, "gelu_pytorch_tanh": GELUTanh, "gelu_fast": GELUTanh, "gelu_accurate": GELUTanh,
	"gelu": GELU, "gelu_python": GELU, "relu": ReLU, "silu": SiLU, "swish": SiLU, "tanh": Tanh,
}

// Activation is an activation by any of its names.
func (f *Fields) Activation(key string, standard Activation) Activation {
	return OneOf(f, key, string(standard), activations)
}

// ActivationNamed is an activation by any of transformers' names.
func ActivationNamed(name string) (Activation, bool) {
	a, known := activations[name]
	return a, known
}

// Unquantised refuses weights that other libraries have quantised, and says what to
// give instead of them.
func (f *Fields) Unquantised(instead string) {
	if f.Has("quantization_config") {
		f.Fail(contract.ErrUnsupported, "quantization_config", "says that the weights are quantised; give %s", instead)
	}
}

// SaveConfig writes config.json of a folder, atomically.
func SaveConfig(dir string, config map[string]any) error {
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", ConfigName, err)
	}
	path := filepath.Join(dir, ConfigName)
	return renameio.WriteFile(path, append(bytes.TrimSpace(text), '\n'), 0o644, renameio.WithTempDir(dir))
}

// FieldsOf is a configuration that was made here rather than read.
func FieldsOf(path string, config map[string]any) (*Fields, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &Fields{path: path}
	return f, json.Unmarshal(text, &f.values)
}
