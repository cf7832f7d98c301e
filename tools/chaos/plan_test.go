package chaos

import (
	"path/filepath"
	"strings"
)

// methods make a plan, and first what it needs.
type methods struct{ weights, plan string }

// fake are methods of which a trial takes a moment.
var fake = methods{plan: `
name: chaos
datasets:
  - {name: Two tastes, plugin: fakedata, params: {users: 24, items: 24, per_user: 8}, split: {method: ratio, validation: 0.15, test: 0.15}}
evaluate: {metrics: [recall@5, ndcg@10]}
search: {sampler: tpe, trials: 12, metrics: [ndcg@10]}
methods:
  - name: Searched
    recommender: {plugin: fakeepochs, params: {delay: 2}, train: {epochs: 4, metrics: [ndcg@10]}}
    search: {space: {params.rate: {low: 0.001, high: 0.5, log: true}, params.factors: {low: 1, high: 8}}}
  - name: Halved
    recommender: {plugin: fakeepochs, params: {delay: 2, factors: 5}, train: {epochs: 6, metrics: [ndcg@10]}}
    search: {sampler: halving, trials: 3, space: {params.rate: {low: 0.001, high: 0.5, log: true}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm, params: {delay: 2}}
      batch: 8
      train: {mode: lora, lora: {rank: 2}}
      optimiser: {schedule: cosine, warmup_steps: 2, clip: 1, weight_decay: 0.01}
      warmup: {epochs: 2}
      pretrain: {epochs: 3, lr: 0.05}
      finetune: {epochs: 2, lr: 0.05}
      select: {metrics: [ndcg@10]}
  - {name: Simple, recommender: {plugin: fakerec}}
  - {name: Factors, recommender: {plugin: fakeepochs, params: {delay: 2, factors: 3}, train: {epochs: 4, metrics: [ndcg@10]}}}
  - {name: Twin, recommender: {plugin: fakeepochs, params: {delay: 2, factors: 3}, train: {epochs: 4, metrics: [ndcg@10]}}}
` + sharing}

// sharing are rows that share warm-up and pretraining, the warm-up, and all but joint training
// with CLLM4Rec, and one that asks for longer lists of Twin than there are of Factors, which
// is the same model.
const sharing = `  - {name: mask 0.5, base: CLLM4Rec, cllm4rec: {finetune: {mask: 0.5}}}
  - {name: lambda_c 0, base: CLLM4Rec, cllm4rec: {pretrain: {lambda_c: 0}}}
  - {name: Joint, base: CLLM4Rec, cllm4rec: {joint: {with: Simple, gamma: 2}}}
  - {name: Blend, ensemble: {of: [Twin, Simple]}}
`

// real are methods with real plugins: of closed form, in epochs, and GPT-2, though a small one.
// All that is random takes part: dropout, LoRA, a cosine schedule, a selection.
var real = methods{weights: `
backbone: {plugin: gpt2, params: {threads: 1, device: cpu}}
texts: {plugin: synthetic, params: {seed: 7, users: 50, items: 200}}
shape: {n_embd: 16, n_layer: 2, n_head: 2, n_positions: 64, vocab_size: 300}
steps: 2
batch: 2
lr: 1.0e-3
seed: 1
hold_out: 0.1
out: MODEL
`, plan: `
name: chaos
datasets:
  - {name: Synthetic, plugin: synthetic, params: {users: 60, items: 50, interactions_per_user: 8}, split: {method: ratio, validation: 0.1, test: 0.2}}
evaluate: {metrics: [recall@10, ndcg@10]}
search: {sampler: tpe, trials: 12, metrics: [ndcg@10]}
methods:
  - name: ItemKNN
    recommender: {plugin: itemknn}
    search: {space: {params.neighbours: {low: 1, high: 40}, params.shrink: {low: 0, high: 100}}}
  - name: BPR-MF
    recommender: {plugin: bprmf, params: {dim: 8}, train: {epochs: 9, metrics: [ndcg@10]}}
    search: {sampler: halving, trials: 3, space: {params.learning_rate: {low: 0.001, high: 0.1, log: true}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: gpt2, params: {weights: MODEL, threads: 1, device: cpu}}
      documents: [title]
      batch: 16
      dropout: 0.1
      train: {mode: lora, lora: {rank: 2, dropout: 0.1}}
      optimiser: {schedule: cosine, warmup_steps: 2, clip: 1, weight_decay: 0.01}
      warmup: {epochs: 2}
      pretrain: {epochs: 3}
      finetune: {epochs: 2, lr: 0.001}
      select: {metrics: [ndcg@10]}
  - {name: Simple, recommender: {plugin: ease}}
  - {name: Factors, recommender: {plugin: bprmf, params: {dim: 4}, train: {epochs: 4, metrics: [ndcg@10]}}}
  - {name: Twin, recommender: {plugin: bprmf, params: {dim: 4}, train: {epochs: 4, metrics: [ndcg@10]}}}
` + sharing}

// writePlan makes the language model and the file of the plan.
func (s *session) writePlan() error {
	model := filepath.Join(s.dir, "model")
	if s.methods.weights != "" {
		file, err := s.file("weights.yaml", strings.ReplaceAll(s.methods.weights, "MODEL", model))
		if err != nil {
			return err
		}
		if _, err := s.must("off", "pretrain", file); err != nil {
			return err
		}
	}
	var err error
	s.plan, err = s.file("chaos.yaml", strings.ReplaceAll(s.methods.plan, "MODEL", model))
	return err
}
