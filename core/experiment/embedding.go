package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
)

// StageEmbed is the stage in which a language model reads the texts of items (features of
// the kind embed), which is no part of the pipeline.
const StageEmbed cllm4rec.Stage = "embed"

// EmbeddingContent is what decides the vectors that a language model gives of texts: not
// from which data set they are, nor what is made of them afterwards. The key of the result
// is its sha256.
type EmbeddingContent struct {
	Stage    cllm4rec.Stage   `json:"stage"`
	Embedder PluginContent    `json:"embedder"`
	Device   string           `json:"device"`
	Pooling  contract.Pooling `json:"pooling"`
	Texts    string           `json:"texts"` // sha256 of all of them, each behind its length
}

// Embedding is the result of having the language model of features read texts of a data
// set.
func (p *Plan) Embedding(d DatasetPlan, f FeaturePlan, texts []string) (*StageResult, error) {
	c := EmbeddingContent{Stage: StageEmbed, Embedder: p.pluginContent(*f.Embedder), Device: f.Embedder.Device, Pooling: f.Embed.Pooling, Texts: sumOf(texts)}
	content, err := canonical(c)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(c)
	return &StageResult{Stage: StageEmbed, Key: key, Content: content, What: fmt.Sprintf("vectors of texts by %s on %s", f.Embedder.Name, d.Label())}, err
}

// sumOf is the sha256 of texts.
func sumOf(texts []string) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
		_, _ = h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil))
}
