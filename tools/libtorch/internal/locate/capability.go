package locate

import (
	"path/filepath"
	"slices"

	"cllm4rec/tools/libtorch/found"
)

// byHeader maps a capability to the header that declares it.
var byHeader = map[string]string{
	"scaled_dot_product_attention": "ATen/ops/scaled_dot_product_attention.h",
	"foreach":                      "ATen/ops/_foreach_addcdiv.h",
	"fused_adam":                   "ATen/ops/_fused_adam.h",
	"rms_norm":                     "ATen/ops/rms_norm.h",
	"sparse_csr":                   "ATen/ops/sparse_csr_tensor.h",
	"sparse_mm_reduce":             "ATen/ops/_sparse_mm_reduce_impl.h",
	"embedding_bag":                "ATen/ops/embedding_bag.h",
	"int8_matmul":                  "ATen/ops/_int_mm.h",
}

// capabilities lists what a program may ask for and not every libtorch has.
func capabilities(l *found.Libtorch, include string) []string {
	var out []string
	for name, header := range byHeader {
		if exists(filepath.Join(include, header)) {
			out = append(out, name)
		}
	}
	if l.CUDA {
		out = append(out, "cuda")
	}
	slices.Sort(out)
	return out
}
