package run

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// modelShape is what a language model's folder says of its size; zero where it does not.
type modelShape struct {
	Hidden, Layers int
	parameters     float64
	bytes          int64 // of the weights as they are computed with
}

// shapeOf looks into the folder of the weights that a backbone's parameters name: how many
// numbers its files hold, and config.json under the names that families of models give to width and
// depth.
func shapeOf(params json.RawMessage) (shape modelShape) {
	var p struct{ Weights, DType string }
	if json.Unmarshal(params, &p) != nil || p.Weights == "" {
		return shape
	}
	var config struct {
		HiddenSize    int    `json:"hidden_size"`
		NEmbd         int    `json:"n_embd"`
		DModel        int    `json:"d_model"`
		HiddenLayers  int    `json:"num_hidden_layers"`
		NLayer        int    `json:"n_layer"`
		NumLayers     int    `json:"num_layers"`
		DecoderLayers int    `json:"num_decoder_layers"`
		TorchDType    string `json:"torch_dtype"`
	}
	raw, err := os.ReadFile(filepath.Join(p.Weights, "config.json"))
	if err != nil || json.Unmarshal(raw, &config) != nil {
		return shape
	}
	shape.Hidden = max(config.HiddenSize, config.NEmbd, config.DModel)
	shape.Layers = max(config.HiddenLayers, config.NLayer, config.NumLayers+config.DecoderLayers)
	shape.parameters = parametersIn(p.Weights, width(config.TorchDType))
	shape.bytes = int64(shape.parameters * width(p.DType))
	return shape
}

// width is how many bytes a number of a type takes.
func width(dtype string) float64 {
	if strings.HasSuffix(dtype, "16") {
		return 2
	}
	return 4
}

// parametersIn counts the numbers of a folder's weights, in the first format that it has:
// those that the headers of safetensors name, else bytes over the width of a number.
func parametersIn(dir string, width float64) (sum float64) {
	for _, pattern := range []string{"*.safetensors", "pytorch_model*.bin"} {
		paths, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is whole
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			n := headerNumbers(path)
			if n == 0 {
				n = float64(info.Size()) / width
			}
			sum += n
		}
		if sum > 0 {
			break
		}
	}
	return sum
}

// headerLimit is how long the header of a file of safetensors may be.
const headerLimit = 100 << 20

// headerNumbers counts the numbers of a file of safetensors by the shapes in its header; 0 of
// any other file.
func headerNumbers(path string) (sum float64) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }() // it was only read
	var length uint64
	if binary.Read(f, binary.LittleEndian, &length) != nil || length > headerLimit {
		return 0
	}
	var tensors map[string]struct{ Shape []float64 }
	if json.NewDecoder(io.LimitReader(f, int64(length))).Decode(&tensors) != nil {
		return 0
	}
	for name, t := range tensors {
		if name == "__metadata__" {
			continue
		}
		n := 1.0
		for _, length := range t.Shape {
			n *= length
		}
		sum += n
	}
	return sum
}
