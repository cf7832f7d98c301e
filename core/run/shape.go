package run

import (
	"encoding/json"
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

// shapeOf looks into the folder of the weights that a backbone's parameters name: the sizes
// of its files, and config.json under the names that families of models give to width and
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
	shape.parameters = float64(weightBytes(p.Weights)) / width(config.TorchDType)
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

// weightBytes are those of a folder's weights, in the first format that it has.
func weightBytes(dir string) (sum int64) {
	for _, pattern := range []string{"*.safetensors", "pytorch_model*.bin"} {
		paths, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is whole
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil {
				sum += info.Size()
			}
		}
		if sum > 0 {
			break
		}
	}
	return sum
}
