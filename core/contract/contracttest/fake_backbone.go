package contracttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// FakeBackboneParams are the parameters of the fake backbone.
type FakeBackboneParams struct {
	Knobs
	Words     int    `json:"words" jsonschema:"default=97,minimum=2,description=size of the word vocabulary"`
	Hidden    int    `json:"hidden" jsonschema:"default=8,minimum=1"`
	MaxLength int    `json:"max_length" jsonschema:"default=512,minimum=2"`
	Seed      uint64 `json:"seed" jsonschema:"default=1,description=seed of the frozen word embedding"`
	Separate  bool   `json:"separate" jsonschema:"description=prompt and main text are read as an encoder-decoder reads them"`
}

// FakeBackbone is a language model small enough for Go: the hidden state of a
// token is the mean of the embeddings up to it, behind two linear layers that
// change nothing until a tower trains them, and both heads are tied. It has real
// towers, objectives, priors and Adam, trains in every mode, and has no dropout.
type FakeBackbone struct {
	sdk.Base[FakeBackboneParams]
	model  contract.ModelInfo
	words  []float64 // Z^t [N, K], frozen; nil before Load
	towers map[string]*fakeTower
}

// NewFakeBackbone makes the backbone plugin "fakelm".
func NewFakeBackbone() *FakeBackbone {
	return newFakeBackbone("fakelm", contract.CapabilityTrainAll, contract.CapabilityLoRA)
}

// NewFrozenBackbone makes the backbone plugin "frozenlm", which trains soft
// tokens and nothing else.
func NewFrozenBackbone() *FakeBackbone { return newFakeBackbone("frozenlm") }

func newFakeBackbone(name string, capabilities ...contract.Capability) *FakeBackbone {
	return fakeBackboneWith(name, append(capabilities, contract.CapabilityEmbed, contract.CapabilityVectors, contract.CapabilityFirstStep, contract.CapabilityItemMap,
		contract.CapabilityItemBias, contract.CapabilityExcluded, contract.CapabilityOffsets, contract.CapabilityMeanPrompts, contract.CapabilityNewcomers, contract.CapabilityGeneration, contract.CapabilityExtendedHead)...)
}

func fakeBackboneWith(name string, capabilities ...contract.Capability) *FakeBackbone {
	b := &FakeBackbone{Base: sdk.NewBase[FakeBackboneParams](contract.Info{
		Kind: contract.KindBackbone, Name: name, Version: "1.0.0", Summary: "a bag of tokens, for tests", Capabilities: capabilities,
	})}
	b.Forget = func() { b.words, b.towers = nil, map[string]*fakeTower{} }
	b.Forget()
	return b
}

// Load draws the word embedding from N(0, 1).
func (b *FakeBackbone) Load(ctx context.Context, _ contract.Resources, progress contract.OnProgress) (contract.ModelInfo, error) {
	if err := b.Configured("Load"); err != nil {
		return contract.ModelInfo{}, err
	}
	p := b.Params()
	if err := p.wait(ctx); err != nil {
		return contract.ModelInfo{}, err
	}
	b.words = normals(p.Words*p.Hidden, 1, p.Seed)
	progress.Report(contract.Progress{Stage: "load", Done: 1, Total: 1, Unit: "file"})
	sum := sha256.Sum256(fmt.Append(nil, p.Words, p.Hidden, p.Seed))
	b.model = contract.ModelInfo{
		Architecture: "bag", VocabSize: p.Words, Hidden: p.Hidden, Layers: len(fakeLayers()), Parameters: int64(len(b.words)),
		MaxLength: p.MaxLength, EncoderDecoder: p.Separate, Device: "cpu", DType: "float64", Threads: 1, Library: "Go",
		Fingerprint: hex.EncodeToString(sum[:]),
	}
	return b.model, nil
}

func normals(n int, std float64, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(float32(rng.NormFloat64() * std))
	}
	return x
}

// Encode hashes each word of a text to an id.
func (b *FakeBackbone) Encode(_ context.Context, texts []string) ([][]int32, error) {
	if b.words == nil {
		return nil, sdk.ErrOrder("Encode", "Load")
	}
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		for _, word := range strings.Fields(strings.ToLower(text)) {
			h := fnv.New32a()
			_, _ = h.Write([]byte(word))
			ids[i] = append(ids[i], int32(h.Sum32()%uint32(b.Params().Words)))
		}
	}
	return ids, nil
}

// OpenTower draws a tower.
func (b *FakeBackbone) OpenTower(ctx context.Context, s contract.TowerSpec) error {
	if b.words == nil {
		return sdk.ErrOrder("OpenTower", "Load")
	}
	info, err := b.Info(ctx)
	if err == nil {
		err = s.Check()
	}
	if err == nil {
		err = info.SupportsTower(s)
	}
	if err != nil {
		return err
	}
	t, err := b.newTower(s)
	if err != nil {
		return err
	}
	b.draw(t, s)
	b.towers[s.Name] = t
	return nil
}

// CloseTower frees a tower.
func (b *FakeBackbone) CloseTower(_ context.Context, name string) error {
	if _, err := b.tower(name); err != nil {
		return err
	}
	delete(b.towers, name)
	return nil
}

func (b *FakeBackbone) tower(name string) (*fakeTower, error) {
	if b.words == nil {
		return nil, sdk.ErrOrder("a call about a tower", "Load")
	}
	t, ok := b.towers[name]
	if !ok {
		return nil, contract.Errorf(contract.ErrNotFound, "there is no tower %q", name)
	}
	return t, nil
}

// Rank ranks all items after each prompt.
func (b *FakeBackbone) Rank(ctx context.Context, tower string, spec contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	t, err := b.tower(tower)
	if err != nil {
		return nil, err
	}
	rankings := make([]contract.Ranking, len(prompts))
	for i, p := range prompts {
		if err := errors.Join(ctx.Err(), p.Check(b.model)); err != nil {
			return nil, err
		}
		if p.Generate.Items > 0 {
			rankings[i], err = b.generated(t, p, spec)
		} else {
			rankings[i], err = b.onePass(t, p, spec)
		}
		if err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

func (b *FakeBackbone) onePass(t *fakeTower, p contract.RankPrompt, spec contract.RankSpec) (contract.Ranking, error) {
	scores, err := b.meanScores(t, p)
	if err != nil {
		return contract.Ranking{}, err
	}
	return contract.TopK(scores, int(p.K), spec.Ties)
}

// generated ranks by a sequence that grows in the prompt, or in the main text where that
// is read apart.
func (b *FakeBackbone) generated(t *fakeTower, p contract.RankPrompt, spec contract.RankSpec) (contract.Ranking, error) {
	sequence, err := p.Generate.Search(t.items, func(sequences [][]int32) ([][]float32, error) {
		rows := make([][]float32, len(sequences))
		for i, s := range sequences {
			text := contract.RankPrompt{Prompt: p.Prompt, Main: p.Main}
			for _, item := range s {
				token := int32(t.words+t.users) + item
				if b.model.EncoderDecoder {
					text.Main = append(slices.Clone(text.Main), token)
				} else {
					text.Prompt = append(slices.Clone(text.Prompt), token)
				}
			}
			scores, err := b.meanScores(t, text)
			if err != nil {
				return nil, err
			}
			for _, z := range scores {
				rows[i] = append(rows[i], float32(z))
			}
		}
		return rows, nil
	})
	if err != nil {
		return contract.Ranking{}, err
	}
	return contract.TopK(p.Generate.Scores(t.items, sequence), int(p.K), spec.Ties)
}

// meanScores are the means of the item logits over the texts of a prompt.
func (b *FakeBackbone) meanScores(t *fakeTower, p contract.RankPrompt) ([]float64, error) {
	mean := make([]float64, t.items)
	for _, text := range p.Texts() {
		pass, err := b.forward(t, contract.Example{Prompt: text.Prompt, Main: text.Main})
		if err != nil {
			return nil, err
		}
		scores := pass.logits(len(pass.tokens)-1, t.itemHead())
		t.addBiases(scores)
		for i, s := range scores {
			mean[i] += s / float64(1+len(p.Others))
		}
	}
	return mean, nil
}
