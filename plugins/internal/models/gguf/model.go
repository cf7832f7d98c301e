package gguf

import (
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// model is a file's content under the names of transformers.
type model struct {
	metadata metadata
	arch     string // general.architecture: the prefix of its keys
	heads    int    // of queries
	groups   int    // of keys and values
	width    int    // of one head
	tensors  map[string]weight
	factors  []float32 // of rope_freqs.weight, nil where there is none
}

// weight is a tensor whose first dimension may have to be put in another order.
type weight struct {
	tensor
	heads int // > 0: rows are queries or keys in llama.cpp's order, of so many heads
}

// architectures are the known ones; true where llama.cpp reorders the rows of
// queries and keys (convert_hf_to_gguf.py, LlamaModel.permute).
func architectures() map[string]bool { return map[string]bool{"llama": true, "qwen2": false} }

func newModel(c content) (model, error) {
	m := model{metadata: metadata{values: c.metadata}, tensors: map[string]weight{}}
	m.arch = m.metadata.text("general.architecture")
	permuted, ok := architectures()[m.arch]
	if !ok {
		return m, unsupported("the architecture is %q; llama and qwen2 are read", m.arch)
	}
	if split, ok := c.metadata["split.count"]; ok {
		if n, ok := split.integer(); !ok || n > 1 {
			return m, unsupported("one of several parts of a model; merge them first (llama-gguf-split --merge)")
		}
	}
	if err := m.readHeads(); err != nil {
		return m, err
	}
	return m, m.rename(c.tensors, permuted)
}

// readHeads reads what the order of rows depends on.
func (m *model) readHeads() error {
	md := &m.metadata
	m.heads = md.positive(m.arch + ".attention.head_count")
	m.groups = md.positiveOr(m.arch+".attention.head_count_kv", m.heads)
	hidden := md.positive(m.arch + ".embedding_length")
	m.width = md.positiveOr(m.arch+".attention.key_length", hidden/m.heads)
	rotated := md.positiveOr(m.arch+".rope.dimension_count", m.width)
	switch {
	case md.err != nil:
		return md.err
	case md.positiveOr(m.arch+".attention.value_length", m.width) != m.width:
		return unsupported("keys and values of different widths")
	case !md.has(m.arch+".attention.key_length") && hidden%m.heads != 0, m.heads%m.groups != 0:
		return damaged("%d wide with %d heads and %d groups of keys", hidden, m.heads, m.groups)
	case m.width%2 != 0:
		return damaged("heads are %d wide, expected an even number", m.width)
	case rotated != m.width:
		return unsupported("%d of %d numbers of a head are turned by rotary embeddings, expected all", rotated, m.width)
	}
	return md.err
}

// rename gives every tensor its name in transformers. One that is unknown keeps
// its own, so that whoever accounts for the tensors of a model can name it.
func (m *model) rename(tensors map[string]tensor, permuted bool) error {
	for name, t := range tensors {
		if name == "rope_freqs.weight" {
			if t.format.name != "F32" || len(t.shape) != 1 || t.shape[0] != m.width/2 {
				return damaged("tensor %q is not F32 of shape [%d]", name, m.width/2)
			}
			m.factors, _ = value{kind: kindArray, item: kindF32, count: t.shape[0], raw: t.raw}.floats()
			continue
		}
		if err := m.add(name, t, permuted); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) add(name string, t tensor, permuted bool) error {
	w := weight{tensor: t}
	heads := map[string]int{"attn_q": m.heads, "attn_k": m.groups}[part(name)]
	if heads > 0 && t.shape[0] != heads*m.width {
		return damaged("tensor %q has %d rows, expected %d heads of %d", name, t.shape[0], heads, m.width)
	}
	if permuted {
		w.heads = heads
	}
	if w.heads > 0 && len(t.shape) == 1 && t.format.block > 1 {
		return unsupported("tensor %q is a quantised vector (%s)", name, t.format.name)
	}
	renamed := rename(name)
	if _, twice := m.tensors[renamed]; twice {
		return damaged("tensor %q stands twice under two names", renamed)
	}
	m.tensors[renamed] = w
	return nil
}

// part is the middle of "blk.3.PART.weight", else "".
func part(name string) string {
	fields := strings.Split(name, ".")
	if len(fields) != 4 || fields[0] != "blk" {
		return ""
	}
	return fields[2]
}

// rename is a tensor's name in transformers (gguf-py, tensor_mapping.py).
func rename(name string) string {
	switch name {
	case "token_embd.weight":
		return "model.embed_tokens.weight"
	case "output_norm.weight":
		return "model.norm.weight"
	case "output.weight":
		return "lm_head.weight"
	}
	in, ok := map[string]string{
		"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
		"attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
		"ffn_down": "mlp.down_proj",
	}[part(name)]
	fields := strings.Split(name, ".")
	if !ok || (fields[3] != "weight" && fields[3] != "bias") {
		return name
	}
	return "model.layers." + fields[1] + "." + in + "." + fields[3]
}

// row is the row of the file that is row r of transformers. llama.cpp turns
// neighbouring numbers of a head, transformers the two halves of a head.
func (w weight) row(r int) int {
	if w.heads == 0 {
		return r
	}
	width := w.shape[0] / w.heads
	head, i := r/width*width, r%width
	if i < width/2 {
		return head + 2*i
	}
	return head + 2*(i-width/2) + 1
}

// bytes are the elements in transformers' order: in the file where they lie so
// and are not quantised, else made anew.
func (w weight) bytes() []byte {
	switch {
	case w.format.expand != nil:
		return w.expanded()
	case w.heads > 0:
		return w.reordered()
	}
	return w.raw
}

// rows is the number of runs of elements that stay together.
func (w weight) rows() int {
	if w.heads > 0 {
		return w.shape[0]
	}
	rows := 1
	for _, d := range w.shape[:len(w.shape)-1] {
		rows *= d
	}
	return rows
}

// expanded is float32.
func (w weight) expanded() []byte {
	rows := w.rows()
	in := len(w.raw) / rows
	n := in / w.format.bytes * w.format.block
	out := make([]float32, rows*n)
	parallel(rows, n, func(r int) {
		from := w.row(r) * in
		w.format.expand(out[r*n:(r+1)*n], w.raw[from:from+in])
	})
	return unsafe.Slice((*byte)(unsafe.Pointer(&out[0])), 4*len(out))
}

// reordered is a copy with the rows in transformers' order.
func (w weight) reordered() []byte {
	rows := w.rows()
	out, n := make([]byte, len(w.raw)), len(w.raw)/rows
	parallel(rows, n, func(r int) { copy(out[r*n:(r+1)*n], w.raw[w.row(r)*n:]) })
	return out
}

// minimumWork is the number of elements below which one goroutine does all.
const minimumWork = 1 << 16

// parallel calls do for every row, on all processors where that pays.
func parallel(rows, size int, do func(row int)) {
	workers := min(runtime.GOMAXPROCS(0), rows, max(1, rows*size/minimumWork))
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for r := rows * i / workers; r < rows*(i+1)/workers; r++ {
				do(r)
			}
		})
	}
	all.Wait()
}
