package gguf

import (
	"strings"

	"cllm4rec/plugins/internal/models/safetensors"
)

// format is an element type of ggml: elements come in blocks of so many bytes.
type format struct {
	code   uint32
	name   string
	block  int                                // elements of a block
	bytes  int                                // bytes of a block
	dtype  safetensors.DType                  // of what is handed out
	expand func(out []float32, blocks []byte) // nil where the file's bytes are handed out
}

// formats are the types that are read (ggml.h, enum ggml_type).
func formats() []format {
	return []format{
		{0, "F32", 1, 4, safetensors.F32, nil}, {1, "F16", 1, 2, safetensors.F16, nil}, {30, "BF16", 1, 2, safetensors.BF16, nil},
		{2, "Q4_0", 32, 18, safetensors.F32, expandQ4x0}, {3, "Q4_1", 32, 20, safetensors.F32, expandQ4x1},
		{6, "Q5_0", 32, 22, safetensors.F32, expandQ5x0}, {7, "Q5_1", 32, 24, safetensors.F32, expandQ5x1},
		{8, "Q8_0", 32, 34, safetensors.F32, expandQ8x0}, {10, "Q2_K", 256, 84, safetensors.F32, expandQ2K},
		{11, "Q3_K", 256, 110, safetensors.F32, expandQ3K}, {12, "Q4_K", 256, 144, safetensors.F32, expandQ4K},
		{13, "Q5_K", 256, 176, safetensors.F32, expandQ5K}, {14, "Q6_K", 256, 210, safetensors.F32, expandQ6K},
	}
}

// otherNames are the types that are known and not read.
func otherNames() map[uint32]string {
	return map[uint32]string{
		9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
		22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
	}
}

func formatOf(code uint32) (format, error) {
	var names []string
	for _, f := range formats() {
		if f.code == code {
			return f, nil
		}
		names = append(names, f.name)
	}
	name, ok := otherNames()[code]
	if !ok {
		name = "that nobody knows"
	}
	return format{}, unsupported("has type %d (%s); %s are read", code, name, strings.Join(names, ", "))
}
