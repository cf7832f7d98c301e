package python_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
	"cllm4rec/core/sharedtest"
)

const hfFolder = "../plugins/backbones/hf"

// built opens the built plugins, the one of a folder with its environment among them.
func built(t *testing.T, folder string) *host.Host {
	t.Helper()
	dir, name := os.Getenv("CLLM4REC_BUILT"), filepath.Base(folder)
	if dir == "" {
		t.Skipf("NOT PROVED HERE: what %s reads; CLLM4REC_BUILT names no folder of built plugins (make test-python does)", name)
	}
	m, err := manifest.Load(filepath.Join(dir, filepath.Base(filepath.Dir(folder)), name, manifest.File))
	if err == nil {
		_, err = pyenv.Open(m)
	}
	if err != nil {
		t.Skipf("NOT PROVED HERE: what %s reads: %v", name, err)
	}
	return open(t, dir)
}

// reader is a backbone that has loaded a folder.
type reader struct {
	contract.Backbone
	model contract.ModelInfo
}

func read(t *testing.T, h *host.Host, plugin, param, folder string) reader {
	t.Helper()
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	params, err := json.Marshal(map[string]any{param: folder})
	if err != nil {
		t.Fatal(err)
	}
	running, err := h.Backbone(t.Context(), plugin, params)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Stop(context.Background()) })
	model, err := running.Plugin.Load(t.Context(), contract.Resources{Threads: 1}, nil)
	if err == nil {
		err = running.Plugin.OpenTower(t.Context(), contract.TowerSpec{Name: "t", Users: 1, Items: 1, InitStd: 0.02})
	}
	if err != nil {
		t.Fatal(err)
	}
	return reader{running.Plugin, model}
}

// seen is what a language model makes of one text.
type seen struct {
	Text       string
	IDs        []int32
	NLL        float64 // of all words but the first
	Mean, Last []float64
}

// sees has a backbone read texts together; the losses are of one text at a time.
func (r reader) sees(t *testing.T, texts []string) []seen {
	t.Helper()
	ids, err := r.Encode(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]seen, len(texts))
	for i, text := range texts {
		spec := contract.ScoreSpec{Tower: "t", Objective: contract.NextWord, PredictFirst: true, Batch: 1}
		score, err := r.Score(t.Context(), spec, func(yield func([]contract.Example, error) bool) {
			yield([]contract.Example{{Prompt: ids[i][:1], Main: ids[i][1:]}}, nil)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = seen{Text: text, IDs: ids[i], NLL: score.NLL}
	}
	for _, pooling := range contract.Poolings() {
		vectors, err := r.Backbone.(contract.Embedder).Embed(t.Context(), contract.EmbedSpec{Pooling: pooling}, texts)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range vectors {
			wide := make([]float64, len(v))
			for j, x := range v {
				wide[j] = float64(x)
			}
			if pooling == contract.PoolMean {
				all[i].Mean = wide
			} else {
				all[i].Last = wide
			}
		}
	}
	return all
}

// alike holds what two make of texts within 1e-4, relative to the size of a loss and of the
// largest number of a vector.
func alike(t *testing.T, got, want []seen) {
	t.Helper()
	var loss, vector float64
	for i, w := range want {
		g := got[i]
		if !slices.Equal(g.IDs, w.IDs) {
			t.Errorf("%q has the words %v, want %v", w.Text, g.IDs, w.IDs)
			continue
		}
		loss = max(loss, math.Abs(g.NLL-w.NLL)/max(1, math.Abs(w.NLL)))
		vector = max(vector, apart(g.Mean, w.Mean), apart(g.Last, w.Last))
	}
	t.Logf("losses are %.2g apart, vectors %.2g", loss, vector)
	if !(loss < 1e-4) || !(vector < 1e-4) {
		t.Errorf("losses are %v apart, vectors %v; expected less than 1e-4", loss, vector)
	}
}

func apart(a, b []float64) (most float64) {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	size := 1.0
	for i := range a {
		most, size = max(most, math.Abs(a[i]-b[i])), max(size, math.Abs(b[i]))
	}
	return most / size
}

// The reference is transformers called plainly: in float64, one text at a time.
func TestHFReadsATextAsTransformersDoesAlone(t *testing.T) {
	h := built(t, hfFolder)
	raw, err := os.ReadFile(filepath.Join(hfFolder, "testdata", "tiny.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Texts []seen }
	if err := json.Unmarshal(raw, &reference); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range reference.Texts {
		texts = append(texts, s.Text)
	}
	alike(t, read(t, h, "hf", "model", filepath.Join(hfFolder, "testdata", "tiny")).sees(t, texts), reference.Texts)
}

func TestHFReadsATextAsTheGoBackboneOfItsKindDoes(t *testing.T) {
	texts := []string{"Once upon a time, there was a little girl named Lily.", "a lamp", "She found a big, red ball. \"Look!\" she said.", "Ein guter Stift – und weiß"}
	for plugin, folder := range map[string]string{"gpt2": filepath.Join(hfFolder, "testdata", "tiny"), "llama": "models/stories260K"} {
		t.Run(plugin, func(t *testing.T) {
			h := built(t, hfFolder)
			if plugin == "llama" {
				folder = sharedtest.Path(t, folder)
			}
			hf, ours := read(t, h, "hf", "model", folder), read(t, h, plugin, "weights", folder)
			if a, b := hf.model, ours.model; a.VocabSize != b.VocabSize || a.Hidden != b.Hidden || a.Layers != b.Layers || a.Parameters != b.Parameters || a.MaxLength != b.MaxLength {
				t.Errorf("hf has the model %+v, %s %+v", a, plugin, b)
			}
			alike(t, hf.sees(t, texts), ours.sees(t, texts))
		})
	}
}

// light makes hf a plugin that runs on any Python with the SDK, for its checks of folders.
func light(t *testing.T) *host.Host {
	t.Helper()
	return lightly(t, hfFolder, "kind: backbone\nname: hf\ncontract: 3\nfiles: [plugin.py]\n", "plugin.py")
}

// lightly copies files of a plugin's folder beside a manifest without an environment.
func lightly(t *testing.T, folder, text string, files ...string) *host.Host {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		code, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), code, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text += "command: [python3, plugin.py]\nenvironment: [PYTHONPATH]\n"
	if err := os.WriteFile(filepath.Join(dir, manifest.File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func TestWhatHFDoesNotReadIsRefusedBeforeAnythingIsLoaded(t *testing.T) {
	python(t)
	h := light(t)
	config := func(extra string) map[string]string {
		return map[string]string{"config.json": `{"model_type": "gpt2"` + extra + `}`, "model.safetensors": "", "tokenizer.json": "{}"}
	}
	without := func(name string, instead ...string) map[string]string {
		files := config("")
		delete(files, name)
		for _, n := range instead {
			files[n] = "{}"
		}
		return files
	}
	for words, c := range map[string]struct {
		sentinel error
		files    map[string]string
	}{
		"config.json does not exist":            {contract.ErrNotFound, without("config.json")},
		"is of an encoder-decoder":              {contract.ErrUnsupported, config(`, "is_encoder_decoder": true`)},
		"quantised weights":                     {contract.ErrUnsupported, config(`, "quantization_config": {"bits": 4}`)},
		"pytorch_model.bin, a pickle":           {contract.ErrUnsupported, without("model.safetensors", "pytorch_model.bin")},
		"has no weights":                        {contract.ErrNotFound, without("model.safetensors")},
		"has no tokenizer":                      {contract.ErrNotFound, without("tokenizer.json")},
		"has no weight_map":                     {contract.ErrBadData, without("model.safetensors", "model.safetensors.index.json")},
		"has an adapter (adapter_config.json)":  {contract.ErrUnsupported, without("README.md", "adapter_config.json")},
		"cannot be read":                        {contract.ErrBadData, config(`, `)},
		`names the shard "../weights.bin"`:      {contract.ErrBadData, sharded("../weights.bin")},
		"lacks the shard model-2.safetensors":   {contract.ErrNotFound, sharded("model-2.safetensors")},
		`there is no folder "`:                  {contract.ErrNotFound, nil},
		`expected cpu, cuda or cuda:N, got "gp`: {contract.ErrInvalid, config("")},
	} {
		dir, device := filepath.Join(t.TempDir(), "model"), "cpu"
		if strings.Contains(words, "cuda:N") {
			device = "gpu"
		}
		for name, content := range c.files {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		params, err := json.Marshal(map[string]any{"model": dir, "device": device})
		if err != nil {
			t.Fatal(err)
		}
		if running, err := h.Backbone(t.Context(), "hf", params); err == nil {
			t.Errorf("%q: it is taken", words)
			_ = running.Stop(t.Context())
		} else if !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q and %q", err, c.sentinel, words)
		}
	}
}

func sharded(name string) map[string]string {
	return map[string]string{"config.json": "{}", "tokenizer.json": "{}", "model.safetensors.index.json": `{"weight_map": {"w": "` + name + `"}}`}
}
