package contract

import "fmt"

// Check finds what is wrong with a pass, but for the towers that it names, which
// only the backbone knows: ErrInvalid.
func (s TrainSpec) Check() error {
	err := s.wrong()
	if err == nil {
		err = s.Schedule.Check()
	}
	for i := 0; i < len(s.Priors) && err == nil; i++ {
		if err = s.Priors[i].check(s.Tower); err != nil {
			err = fmt.Errorf("prior %d: %w", i, err)
		}
	}
	if err != nil {
		return Errorf(ErrInvalid, "training tower %q: %v", s.Tower, err)
	}
	return nil
}

func (s TrainSpec) wrong() error {
	switch {
	case !s.Objective.Valid():
		return fmt.Errorf("objective is %q, expected one of %v", s.Objective, Objectives())
	case s.Reduction != ExampleMean && s.Reduction != TokenMean && s.Reduction != BatchSum:
		return fmt.Errorf("reduction is %q, expected %q, %q or %q", s.Reduction, ExampleMean, TokenMean, BatchSum)
	case s.Objective == Multinomial && s.Reduction == TokenMean:
		return fmt.Errorf("reduction %q does not apply to the multinomial objective", s.Reduction)
	case s.Objective == Multinomial && s.Extended:
		return fmt.Errorf("the multinomial objective predicts items among items: it goes without the softmax over all tokens")
	case s.Batch <= 0:
		return fmt.Errorf("batch is %d, expected > 0", s.Batch)
	case s.FirstStep < 0:
		return fmt.Errorf("the first step is %d, expected >= 0", s.FirstStep)
	case s.FirstStep > 0 && s.FreshOptimiser:
		return fmt.Errorf("a pass that goes on at step %d cannot forget its optimiser", s.FirstStep)
	case !positive(s.LearningRate):
		return fmt.Errorf("rate is %v, expected > 0", s.LearningRate)
	case s.Dropout != ModelDropout && !(s.Dropout >= 0 && s.Dropout < 1):
		return fmt.Errorf("dropout is %v, expected 0 <= rate < 1, or -1 for the model's own", s.Dropout)
	case !notNegative(s.MaxGradNorm):
		return fmt.Errorf("the gradient is clipped to %v, expected > 0, or 0 for no clipping", s.MaxGradNorm)
	case !notNegative(s.WeightDecay):
		return fmt.Errorf("weight decay is %v, expected >= 0", s.WeightDecay)
	}
	return nil
}

func (p Prior) check(tower string) error {
	switch {
	case !notNegative(p.Coefficient):
		return fmt.Errorf("coefficient is %v, expected >= 0", p.Coefficient)
	case p.Reduction != ExampleMean && p.Reduction != BatchSum:
		return fmt.Errorf("reduction is %q, expected %q or %q", p.Reduction, ExampleMean, BatchSum)
	case p.Toward != "" && p.Toward == tower:
		return fmt.Errorf("it pulls tower %q toward itself", tower)
	case p.Residual && p.Toward != "":
		return fmt.Errorf("it pulls item tokens toward their map, and toward tower %q", p.Toward)
	case p.MentionedOnly && p.Toward == "":
		return fmt.Errorf("it asks for the tokens that another tower mentions, but pulls toward zero")
	}
	return nil
}

// Check finds what is wrong with a measurement, but for its tower: ErrInvalid.
func (s ScoreSpec) Check() error {
	if s.Batch <= 0 || s.Objective != NextItem && s.Objective != NextWord {
		return Errorf(ErrInvalid, "scoring tower %q: batch is %d and objective %q, expected > 0 and %q or %q", s.Tower, s.Batch, s.Objective, NextItem, NextWord)
	}
	return nil
}

// CheckLength reports whether prompt and main text of so many tokens fit into the
// model's sequences: ErrInvalid. An encoder-decoder reads a start token before
// the main text.
func (m ModelInfo) CheckLength(prompt, main int) error {
	switch total := prompt + main; {
	case total == 0:
		return Errorf(ErrInvalid, "it is empty")
	case m.EncoderDecoder && prompt > m.MaxLength:
		return Errorf(ErrInvalid, "its prompt has %d tokens, the encoder reads at most %d; cut it", prompt, m.MaxLength)
	case m.EncoderDecoder && main > m.MaxLength-1:
		return Errorf(ErrInvalid, "its main text has %d tokens, the decoder reads at most %d beside its start token; cut it", main, m.MaxLength-1)
	case !m.EncoderDecoder && total > m.MaxLength:
		return Errorf(ErrInvalid, "it has %d tokens, the model reads at most %d; cut it", total, m.MaxLength)
	}
	return nil
}

// Check reports whether a model can be asked for a ranking, but for the range of
// the tokens, which depends on the tower: ErrInvalid.
func (p RankPrompt) Check(m ModelInfo) error {
	if p.K < 0 {
		return Errorf(ErrInvalid, "it asks for %d items", p.K)
	}
	for _, text := range p.Texts() {
		if err := text.check(m); err != nil {
			return err
		}
	}
	return p.checkGeneration(m)
}

// checkGeneration reports whether a sequence fits behind the prompt.
func (p RankPrompt) checkGeneration(m ModelInfo) error {
	err := p.Generate.check()
	if err != nil || p.Generate.Items == 0 {
		return err
	}
	if len(p.Others) > 0 {
		return Errorf(ErrInvalid, "it asks for generated items behind %d prompts, expected one", 1+len(p.Others))
	}
	last := int(p.Generate.Items) - 1 // of which nothing is read
	if m.EncoderDecoder {
		return m.CheckLength(len(p.Prompt), len(p.Main)+last)
	}
	return m.CheckLength(len(p.Prompt)+last, 0)
}

func (p PromptText) check(m ModelInfo) error {
	switch {
	case len(p.Prompt) == 0:
		return Errorf(ErrInvalid, "it has no prompt")
	case len(p.Main) > 0 && !m.EncoderDecoder:
		return Errorf(ErrInvalid, "it has a main text of %d tokens, which only an encoder-decoder reads apart from the prompt", len(p.Main))
	}
	return m.CheckLength(len(p.Prompt), len(p.Main))
}
