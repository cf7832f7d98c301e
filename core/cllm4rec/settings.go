package cllm4rec

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
	"cllm4rec/core/schema"
	"cllm4rec/core/train"
)

// Settings are a Config with everything decided; they are what the record
// keeps. As JSON they are a Config again that resolves to the same Settings.
// What has no effect is zero or empty (without content: everything about it),
// so that trials that do the same have the same settings.
type Settings struct {
	Fidelity Fidelity         `json:"fidelity"`
	Content  bool             `json:"content"`
	Warmup   WarmupSettings   `json:"warmup"`
	Pretrain PretrainSettings `json:"pretrain"`
	Finetune FinetuneSettings `json:"finetune"`
	Select   train.Selection  `json:"select"`

	Tokens   TokensSettings  `json:"tokens,omitzero"`
	ItemBias bool            `json:"item_bias,omitempty"`
	Prompts  int             `json:"prompts,omitempty"` // 0: 1
	Cold     ColdSettings    `json:"cold,omitzero"`
	Rank     RankSettings    `json:"rank,omitzero"`
	Head     Head            `json:"head,omitempty"`      // "": HeadOwn
	MainText MainText        `json:"main_text,omitempty"` // "": MainHomogeneous
	Linear   *LinearSettings `json:"linear,omitempty"`
	Joint    *JointSettings  `json:"joint,omitempty"`

	Train     TrainSettings     `json:"train,omitzero"`
	Optimiser OptimiserSettings `json:"optimiser,omitzero"`

	Batch     int     `json:"batch"`
	RankBatch int     `json:"rank_batch"`
	MaxLength int     `json:"max_length"` // 0: the language model's own
	Dropout   float64 `json:"dropout"`
	InitStd   float64 `json:"init_std"`

	Targets            Targets             `json:"targets"`
	ItemOrder          Order               `json:"item_order"`
	FinetuneOrder      Order               `json:"finetune_order"`
	PredictFirst       bool                `json:"predict_first"`
	Loss               Loss                `json:"loss"`
	PriorScale         PriorScale          `json:"prior_scale"`
	PriorOnTargets     bool                `json:"prior_on_targets"`
	PriorOnUnmentioned bool                `json:"prior_on_unmentioned"`
	ZeroPrior          bool                `json:"zero_prior"`
	DocumentOrder      DocumentOrder       `json:"document_order"`
	CollaborativeStart Start               `json:"collaborative_start"`
	ContentStart       Start               `json:"content_start"`
	ContentDropout     bool                `json:"content_dropout"`
	Documents          []contract.TextKind `json:"documents,omitempty"`
	Wording            prompt.Wording      `json:"wording"`
	MaskToken          MaskToken           `json:"mask_token"`

	Templates map[prompt.Name]string `json:"templates"` // every template, as used
	MaskText  string                 `json:"mask_text"`
}

// WarmupSettings are stage 1, decided.
type WarmupSettings struct {
	Epochs int     `json:"epochs"`
	Rate   float64 `json:"lr"`
}

// PretrainSettings are stage 2, decided.
type PretrainSettings struct {
	Epochs      int     `json:"epochs"`
	Rate        float64 `json:"lr"`
	ContentRate float64 `json:"content_lr,omitzero"` // 0: Rate
	LambdaC     float64 `json:"lambda_c"`
	LambdaL     float64 `json:"lambda_l"`
	// Select is nil where the last epoch's towers go on.
	Select *train.Selection `json:"select,omitempty"`
}

// FinetuneSettings are stage 3, decided.
type FinetuneSettings struct {
	Epochs      int     `json:"epochs"`
	Rate        float64 `json:"lr"`
	ContentRate float64 `json:"content_lr,omitzero"` // 0: Rate
	Mask        float64 `json:"mask"`
	MaskTo      float64 `json:"mask_to,omitzero"` // 0: Mask
	Exclude     bool    `json:"exclude_history,omitempty"`
	LambdaC     float64 `json:"lambda_c"`
	LambdaL     float64 `json:"lambda_l"`
}

// Resolve decides everything that the config leaves open. The error is an
// ErrInvalid that lists all that Check finds.
func (c Config) Resolve() (Settings, error) {
	if problems := c.Check(); len(problems) > 0 {
		return Settings{}, schema.Invalid(problems)
	}
	s := c.numbers()
	c.Switches.decide(&s)
	set, err := prompt.NewSet(s.Wording, c.Templates, c.MaskText)
	if err != nil {
		return Settings{}, err
	}
	s.Templates, s.MaskText = set.Texts(), set.Mask()
	return s.withoutIdle(), nil
}

// defaultMask is the share of a history that is held out.
const defaultMask = 0.2

// numbers are the settings that both fidelities share; the defaults are those
// of the released code (src/training.py, src/finetuning.py).
func (c Config) numbers() Settings {
	s := Settings{
		Fidelity: either(c.Fidelity, FidelityPaper), Content: or(c.Content, true),
		Warmup: WarmupSettings{Epochs: or(c.Warmup.Epochs, 10), Rate: or(c.Warmup.Rate, 1e-3)},
		Pretrain: PretrainSettings{Epochs: or(c.Pretrain.Epochs, 100), Rate: or(c.Pretrain.Rate, 1e-3),
			ContentRate: or(c.Pretrain.ContentRate, 0), LambdaC: or(c.Pretrain.LambdaC, 1), LambdaL: or(c.Pretrain.LambdaL, 1e-4)},
		Select: c.Select.Decide(),
		Batch:  or(c.Batch, 20), RankBatch: or(c.RankBatch, 256), MaxLength: or(c.MaxLength, 0),
		Dropout: or(c.Dropout, -1), InitStd: or(c.InitStd, 0.02), Train: c.Train.decide(), Optimiser: c.Optimiser.decide(),
		Tokens: c.Tokens.decide(), Cold: c.Cold.decide(), Rank: c.Rank.decide(), Linear: c.Linear.decide(), ItemBias: or(c.ItemBias, false), Prompts: or(c.Prompts, 0),
	}
	s.Finetune = FinetuneSettings{Epochs: or(c.Finetune.Epochs, 150), Rate: or(c.Finetune.Rate, 1e-4), Mask: or(c.Finetune.Mask, defaultMask),
		MaskTo: or(c.Finetune.MaskTo, 0), Exclude: or(c.Finetune.Exclude, false),
		ContentRate: or(c.Finetune.ContentRate, 0), LambdaC: or(c.Finetune.LambdaC, s.Pretrain.LambdaC), LambdaL: or(c.Finetune.LambdaL, s.Pretrain.LambdaL)}
	s.Joint = c.Joint.decide(s.Finetune.Rate)
	c.decideHead(&s)
	if c.Pretrain.Select != nil && c.Pretrain.Select.Rule != Last {
		selection := c.Pretrain.Select.Decide()
		s.Pretrain.Select = &selection
	}
	return s
}

// column holds the switches of a fidelity.
func (f Fidelity) column() Settings {
	if f == FidelityCode {
		return Settings{
			Targets: TargetsAll, ItemOrder: OrderIndex, FinetuneOrder: OrderShuffled, Loss: LossTokenMean, PriorScale: PriorPerBatch, PriorOnUnmentioned: true,
			DocumentOrder: DocumentsFixed, CollaborativeStart: Best, ContentStart: Best,
			Documents: []contract.TextKind{contract.TextReview}, Wording: prompt.Code, MaskToken: MaskDrop,
		}
	}
	return Settings{
		Targets: TargetsHeldOut, ItemOrder: OrderShuffled, FinetuneOrder: OrderShuffled, PredictFirst: true, Loss: LossDocumentSum,
		PriorScale: PriorPerDocument, PriorOnTargets: true, ZeroPrior: true, DocumentOrder: DocumentsShuffled,
		CollaborativeStart: Last, ContentStart: Last, ContentDropout: true,
		Documents: contract.TextKinds(), Wording: prompt.Paper, MaskToken: MaskWord,
	}
}

// decide sets every switch: its own value, else the fidelity's.
func (w Switches) decide(s *Settings) {
	column := s.Fidelity.column()
	s.Targets = either(w.Targets, column.Targets)
	s.ItemOrder = either(w.ItemOrder, column.ItemOrder)
	s.FinetuneOrder = either(w.FinetuneOrder, column.FinetuneOrder)
	s.PredictFirst = or(w.PredictFirst, column.PredictFirst)
	s.Loss = either(w.Loss, column.Loss)
	s.PriorScale = either(w.PriorScale, column.PriorScale)
	s.PriorOnTargets = or(w.PriorOnTargets, column.PriorOnTargets)
	s.PriorOnUnmentioned = or(w.PriorOnUnmentioned, column.PriorOnUnmentioned)
	s.ZeroPrior = or(w.ZeroPrior, column.ZeroPrior)
	s.DocumentOrder = either(w.DocumentOrder, column.DocumentOrder)
	s.CollaborativeStart = either(w.CollaborativeStart, column.CollaborativeStart)
	s.ContentStart = either(w.ContentStart, column.ContentStart)
	s.ContentDropout = or(w.ContentDropout, column.ContentDropout)
	s.Wording = either(w.Wording, column.Wording)
	s.MaskToken = either(w.MaskToken, column.MaskToken)
	if s.Documents = w.Documents; s.Documents == nil {
		s.Documents = column.Documents
	}
}

// withoutIdle clears what has no effect.
func (s Settings) withoutIdle() Settings {
	if !s.Content {
		s.Warmup.Epochs, s.Pretrain.LambdaC, s.Finetune.LambdaC, s.Documents = 0, 0, 0, nil
	}
	if s.Pretrain.LambdaC == 0 && s.Finetune.LambdaC == 0 {
		s.PriorOnUnmentioned = false
	}
	if !s.Content || s.Pretrain.ContentRate == s.Pretrain.Rate {
		s.Pretrain.ContentRate = 0
	}
	if !s.Content || s.Finetune.ContentRate == s.Finetune.Rate {
		s.Finetune.ContentRate = 0
	}
	if s.Finetune.MaskTo == s.Finetune.Mask {
		s.Finetune.MaskTo = 0
	}
	if s.Prompts == 1 {
		s.Prompts = 0
	}
	if s.Finetune.Epochs == 0 || s.Pretrain.Epochs == 0 {
		s.Pretrain.Select = nil // without finetuning, select holds for pretraining
	}
	if !s.ZeroPrior {
		s.Pretrain.LambdaL, s.Finetune.LambdaL = 0, 0
	}
	return s
}

// or is *p, or the default when nothing was said.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// either is s, or the default when nothing was said.
func either[T ~string](s, otherwise T) T {
	if s == "" {
		return otherwise
	}
	return s
}

// Selects reports whether validation decides which tower goes on or ranks.
func (s Settings) Selects() bool { return s.selecting() != "" }

// SelectsPretraining reports whether validation decides which epoch of pretraining ranks
// (LLM-PreRec).
func (s Settings) SelectsPretraining() bool {
	return s.ranks() == StagePretrain && s.Select.Rule == Best
}

// selecting is the first section that selects; "" where none does.
func (s Settings) selecting() string {
	switch {
	case s.Select.Rule == Best:
		return "select"
	case s.Pretrain.Select != nil:
		return "pretrain.select"
	}
	return ""
}
