package pluginrpc

import (
	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

func modelToWire(m contract.ModelInfo) *v1.ModelInfo {
	return &v1.ModelInfo{
		Architecture: m.Architecture, VocabSize: int64(m.VocabSize), Hidden: int64(m.Hidden), Layers: int64(m.Layers),
		Parameters: m.Parameters, MaxLength: int64(m.MaxLength), EncoderDecoder: m.EncoderDecoder, Device: m.Device,
		Dtype: m.DType, Threads: int64(m.Threads), Library: m.Library, Fingerprint: m.Fingerprint,
	}
}

// modelFromWire reads a model; a nil message is the zero value, as below.
func modelFromWire(w *v1.ModelInfo) contract.ModelInfo {
	return contract.ModelInfo{
		Architecture: w.GetArchitecture(), VocabSize: int(w.GetVocabSize()), Hidden: int(w.GetHidden()), Layers: int(w.GetLayers()),
		Parameters: w.GetParameters(), MaxLength: int(w.GetMaxLength()), EncoderDecoder: w.GetEncoderDecoder(), Device: w.GetDevice(),
		DType: w.GetDtype(), Threads: int(w.GetThreads()), Library: w.GetLibrary(), Fingerprint: w.GetFingerprint(),
	}
}

func towerToWire(s contract.TowerSpec) *v1.OpenTowerRequest {
	return &v1.OpenTowerRequest{
		Name: s.Name, Users: int64(s.Users), Items: int64(s.Items), InitStd: s.InitStd, Seed: s.Seed, Train: trainableToWire(s.Train), ItemBias: s.ItemBias,
	}
}

func towerFromWire(w *v1.OpenTowerRequest) contract.TowerSpec {
	return contract.TowerSpec{
		Name: w.Name, Users: int(w.Users), Items: int(w.Items), InitStd: w.InitStd, Seed: w.Seed, Train: trainableFromWire(w.Train), ItemBias: w.ItemBias,
	}
}

func trainableToWire(t contract.Trainable) *v1.Trainable {
	l := t.LoRA
	return &v1.Trainable{
		Mode: modeCodes.wire(t.Mode), Scratch: t.Scratch,
		Lora: &v1.LoRA{Rank: int64(l.Rank), Alpha: l.Alpha, Dropout: l.Dropout, Targets: l.Targets},
	}
}

func trainableFromWire(w *v1.Trainable) contract.Trainable {
	l := w.GetLora()
	return contract.Trainable{
		Mode: modeCodes.word(w.GetMode()), Scratch: w.GetScratch(),
		LoRA: contract.LoRA{Rank: int(l.GetRank()), Alpha: l.GetAlpha(), Dropout: l.GetDropout(), Targets: l.GetTargets()},
	}
}

func scheduleToWire(c contract.Schedule) *v1.Schedule {
	return &v1.Schedule{Kind: scheduleCodes.wire(c.Kind), WarmUp: c.WarmUp, Total: c.Total, Start: c.Start}
}

func scheduleFromWire(w *v1.Schedule) contract.Schedule {
	return contract.Schedule{Kind: scheduleCodes.word(w.GetKind()), WarmUp: w.GetWarmUp(), Total: w.GetTotal(), Start: w.GetStart()}
}

func trainSpecToWire(s contract.TrainSpec) *v1.TrainSpec {
	w := &v1.TrainSpec{
		Tower: s.Tower, Objective: objectiveCodes.wire(s.Objective), Reduction: reductionCodes.wire(s.Reduction), PredictFirst: s.PredictFirst,
		Batch: int64(s.Batch), LearningRate: s.LearningRate, Seed: s.Seed, FreshOptimiser: s.FreshOptimiser,
		MaxGradNorm: s.MaxGradNorm, WeightDecay: s.WeightDecay, Schedule: scheduleToWire(s.Schedule), FirstStep: s.FirstStep, Extended: s.Extended,
	}
	if s.Dropout != contract.ModelDropout {
		w.Dropout = &s.Dropout
	}
	for _, p := range s.Priors {
		w.Priors = append(w.Priors, &v1.Prior{Toward: p.Toward, Coefficient: p.Coefficient, Reduction: reductionCodes.wire(p.Reduction), Targets: p.Targets, MentionedOnly: p.MentionedOnly, Residual: p.Residual})
	}
	return w
}

func trainSpecFromWire(w *v1.TrainSpec) contract.TrainSpec {
	s := contract.TrainSpec{
		Tower: w.Tower, Objective: objectiveCodes.word(w.Objective), Reduction: reductionCodes.word(w.Reduction), PredictFirst: w.PredictFirst,
		Batch: int(w.Batch), LearningRate: w.LearningRate, Dropout: contract.ModelDropout, Seed: w.Seed, FreshOptimiser: w.FreshOptimiser,
		MaxGradNorm: w.MaxGradNorm, WeightDecay: w.WeightDecay, Schedule: scheduleFromWire(w.Schedule), FirstStep: w.FirstStep, Extended: w.Extended,
	}
	if w.Dropout != nil {
		s.Dropout = *w.Dropout
	}
	for _, p := range w.Priors {
		s.Priors = append(s.Priors, contract.Prior{Toward: p.Toward, Coefficient: p.Coefficient, Reduction: reductionCodes.word(p.Reduction), Targets: p.Targets, MentionedOnly: p.MentionedOnly, Residual: p.Residual})
	}
	return s
}

func trainResultToWire(r contract.TrainResult) *v1.TrainResult {
	return &v1.TrainResult{
		Steps: r.Steps, Examples: r.Examples, Tokens: r.Tokens, Predicted: r.Predicted, Loss: r.Loss, Data: r.Data, Priors: r.Priors,
		MicroBatches: r.MicroBatches, PeakMemory: r.PeakMemory,
	}
}

func trainResultFromWire(w *v1.TrainResult) contract.TrainResult {
	return contract.TrainResult{
		Steps: w.GetSteps(), Examples: w.GetExamples(), Tokens: w.GetTokens(), Predicted: w.GetPredicted(),
		Loss: w.GetLoss(), Data: w.GetData(), Priors: w.GetPriors(),
		MicroBatches: w.GetMicroBatches(), PeakMemory: w.GetPeakMemory(),
	}
}

func scoreSpecToWire(s contract.ScoreSpec) *v1.ScoreSpec {
	return &v1.ScoreSpec{Tower: s.Tower, Objective: objectiveCodes.wire(s.Objective), PredictFirst: s.PredictFirst, Batch: int64(s.Batch), Extended: s.Extended}
}

func scoreSpecFromWire(w *v1.ScoreSpec) contract.ScoreSpec {
	return contract.ScoreSpec{Tower: w.Tower, Objective: objectiveCodes.word(w.Objective), PredictFirst: w.PredictFirst, Batch: int(w.Batch), Extended: w.Extended}
}

func scoreToWire(s contract.LMScore) *v1.LMScore { return &v1.LMScore{Nll: s.NLL, Tokens: s.Tokens} }

func scoreFromWire(w *v1.LMScore) contract.LMScore {
	return contract.LMScore{NLL: w.GetNll(), Tokens: w.GetTokens()}
}

func pretrainResultToWire(r contract.PretrainResult) *v1.PretrainResult {
	return &v1.PretrainResult{
		Model: modelToWire(r.Model), Train: scoreToWire(r.Train), HeldOut: scoreToWire(r.HeldOut), VocabSize: int64(r.VocabSize),
	}
}

func pretrainResultFromWire(w *v1.PretrainResult) contract.PretrainResult {
	return contract.PretrainResult{
		Model: modelFromWire(w.GetModel()), Train: scoreFromWire(w.GetTrain()), HeldOut: scoreFromWire(w.GetHeldOut()), VocabSize: int(w.GetVocabSize()),
	}
}

// promptTokens bounds what the texts of a prompt take, in tokens.
func promptTokens(p contract.RankPrompt) (n int) {
	for _, text := range p.Texts() {
		n += len(text.Prompt) + len(text.Main) + 2
	}
	return n
}

func promptToWire(p contract.RankPrompt) *v1.RankPrompt {
	w := &v1.RankPrompt{Prompt: p.Prompt, Main: p.Main, K: p.K}
	if p.Generate != (contract.Generation{}) {
		w.Generate = &v1.Generation{Items: p.Generate.Items, Beams: p.Generate.Beams}
	}
	for _, text := range p.Others {
		w.Others = append(w.Others, &v1.PromptText{Prompt: text.Prompt, Main: text.Main})
	}
	return w
}

func promptFromWire(w *v1.RankPrompt) contract.RankPrompt {
	p := contract.RankPrompt{Prompt: w.Prompt, Main: w.Main, K: w.K, Generate: contract.Generation{Items: w.GetGenerate().GetItems(), Beams: w.GetGenerate().GetBeams()}}
	for _, text := range w.Others {
		p.Others = append(p.Others, contract.PromptText{Prompt: text.Prompt, Main: text.Main})
	}
	return p
}
