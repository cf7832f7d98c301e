package pluginrpc

import (
	"context"
	"iter"
	"unicode/utf8"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

// backboneClient always has Pretrain; a plugin without CapabilityPretrain answers
// it with ErrUnsupported.
type backboneClient struct {
	pluginClient
	rpc v1.BackboneClient
}

// Load lets the plugin read its weights.
func (c *backboneClient) Load(ctx context.Context, resources contract.Resources, progress contract.OnProgress) (contract.ModelInfo, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var model *v1.ModelInfo
	stream, err := c.rpc.Load(inner, &v1.LoadRequest{Resources: resourcesToWire(resources)})
	if err == nil {
		err = drain(stream, onReply(&turns{}, progress, func(r *v1.LoadReply) { model = r.GetModel() }))
	}
	err = noResult("Load", model == nil, c.diagnose.fail(ctx, err))
	return modelFromWire(model), err
}

// Encode asks in batches of about a megabyte of text.
func (c *backboneClient) Encode(ctx context.Context, texts []string) ([][]int32, error) {
	ids := make([][]int32, 0, len(texts))
	for i, text := range texts {
		if !utf8.ValidString(text) {
			return nil, contract.Errorf(contract.ErrBadData, "text %d is not UTF-8: %.60q", i, text)
		}
	}
	for rows, err := range spans(len(texts), chunkBytes, func(i int) int { return len(texts[i]) + 8 }) {
		if err != nil {
			return nil, err
		}
		reply, err := c.rpc.Encode(ctx, &v1.EncodeRequest{Texts: cut(texts, rows)})
		if err != nil {
			return nil, c.diagnose.fail(ctx, err)
		}
		if want := rows.Hi - rows.Lo; len(reply.Texts) != want {
			return nil, contract.Errorf(contract.ErrBadData, "the plugin encoded %d texts into %d", want, len(reply.Texts))
		}
		for _, t := range reply.Texts {
			ids = append(ids, t.Ids)
		}
	}
	return ids, nil
}

// OpenTower makes a tower.
func (c *backboneClient) OpenTower(ctx context.Context, s contract.TowerSpec) error {
	if err := s.Check(); err != nil {
		return err
	}
	_, err := c.rpc.OpenTower(ctx, towerToWire(s))
	return c.diagnose.fail(ctx, err)
}

// CloseTower frees a tower.
func (c *backboneClient) CloseTower(ctx context.Context, name string) error {
	_, err := c.rpc.CloseTower(ctx, &v1.CloseTowerRequest{Name: name})
	return c.diagnose.fail(ctx, err)
}

// TrainTower streams the examples up once.
func (c *backboneClient) TrainTower(ctx context.Context, spec contract.TrainSpec, examples contract.Examples, progress contract.OnProgress) (contract.TrainResult, error) {
	if err := spec.Check(); err != nil { // a word that is not in the tables could not be named later
		return contract.TrainResult{}, err
	}
	var result *v1.TrainResult
	t := &turns{}
	first := &v1.TrainTowerRequest{What: &v1.TrainTowerRequest_Spec{Spec: trainSpecToWire(spec)}}
	requests := requests(first, examples, exampleBytes, func(chunk []contract.Example) *v1.TrainTowerRequest {
		return &v1.TrainTowerRequest{What: &v1.TrainTowerRequest_Chunk{Chunk: examplesToChunk(chunk)}}
	})
	err := upload(ctx, c.diagnose, t, c.rpc.TrainTower, requests, onReply(t, progress, func(r *v1.TrainTowerReply) { result = r.GetResult() }))
	return trainResultFromWire(result), noResult("TrainTower", result == nil, err)
}

// Score streams the examples up once.
func (c *backboneClient) Score(ctx context.Context, spec contract.ScoreSpec, examples contract.Examples, progress contract.OnProgress) (contract.LMScore, error) {
	if err := spec.Check(); err != nil {
		return contract.LMScore{}, err
	}
	var result *v1.LMScore
	t := &turns{}
	first := &v1.ScoreRequest{What: &v1.ScoreRequest_Spec{Spec: scoreSpecToWire(spec)}}
	requests := requests(first, examples, exampleBytes, func(chunk []contract.Example) *v1.ScoreRequest {
		return &v1.ScoreRequest{What: &v1.ScoreRequest_Chunk{Chunk: examplesToChunk(chunk)}}
	})
	err := upload(ctx, c.diagnose, t, c.rpc.Score, requests, onReply(t, progress, func(r *v1.ScoreReply) { result = r.GetResult() }))
	return scoreFromWire(result), noResult("Score", result == nil, err)
}

// Rank asks in batches that fit into a message.
func (c *backboneClient) Rank(ctx context.Context, tower string, spec contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, 0, len(prompts))
	size := func(i int) int { return rankBytes(promptTokens(prompts[i]), prompts[i].K) }
	for rows, err := range spans(len(prompts), batchBytes, size) {
		if err != nil {
			return nil, err
		}
		req := &v1.RankPromptsRequest{Tower: tower, Ties: tiesToWire(spec.Ties)}
		for _, p := range cut(prompts, rows) {
			req.Prompts = append(req.Prompts, promptToWire(p))
		}
		reply, err := c.rpc.RankPrompts(ctx, req)
		if err != nil {
			return nil, c.diagnose.fail(ctx, err)
		}
		if rankings, err = appendRankings(rankings, reply, rows); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

// SaveTower writes a tower to a file; the plugin has the runner's folder.
func (c *backboneClient) SaveTower(ctx context.Context, name, path string) error {
	_, err := c.rpc.SaveTower(ctx, &v1.SaveTowerRequest{Name: name, Path: path})
	return c.diagnose.fail(ctx, err)
}

// LoadTower opens a tower from a file.
func (c *backboneClient) LoadTower(ctx context.Context, name, path string) error {
	_, err := c.rpc.LoadTower(ctx, &v1.LoadTowerRequest{Name: name, Path: path})
	return c.diagnose.fail(ctx, err)
}

// Pretrain streams the texts up once.
func (c *backboneClient) Pretrain(ctx context.Context, spec contract.PretrainSpec, texts iter.Seq2[[]string, error], progress contract.OnProgress) (contract.PretrainResult, error) {
	var result *v1.PretrainResult
	t := &turns{}
	first := &v1.PretrainRequest{What: &v1.PretrainRequest_Spec{Spec: pretrainSpecToWire(spec)}}
	requests := requests(first, texts, func(s string) int { return len(s) + 8 }, func(chunk []string) *v1.PretrainRequest {
		return &v1.PretrainRequest{What: &v1.PretrainRequest_Chunk{Chunk: &v1.TextBatch{Texts: chunk}}}
	})
	err := upload(ctx, c.diagnose, t, c.rpc.Pretrain, requests, onReply(t, progress, func(r *v1.PretrainReply) { result = r.GetResult() }))
	return pretrainResultFromWire(result), noResult("Pretrain", result == nil, err)
}

// requests is the first request and then the elements in chunks of about a megabyte.
func requests[Req, T any](first *Req, chunks iter.Seq2[[]T, error], size func(T) int, wrap func([]T) *Req) iter.Seq2[*Req, error] {
	return func(yield func(*Req, error) bool) {
		if !yield(first, nil) {
			return
		}
		for chunk, err := range chunks {
			if err != nil {
				yield(nil, err)
				return
			}
			for rows, err := range spans(len(chunk), chunkBytes, func(i int) int { return size(chunk[i]) }) {
				if !yield(wrap(cut(chunk, rows)), err) || err != nil {
					return
				}
			}
		}
	}
}

// exampleBytes bounds an example's size: a token takes at most five bytes
// unless it is negative, which no token is.
func exampleBytes(d contract.Example) int {
	return 5*(len(d.Prompt)+len(d.Main)+len(d.Targets)+len(d.Excluded)) + 9*len(d.Offsets.Items) + 30
}

func examplesToChunk(examples []contract.Example) *v1.Examples {
	w := &v1.Examples{Examples: make([]*v1.Example, len(examples))}
	for i, d := range examples {
		w.Examples[i] = &v1.Example{Prompt: d.Prompt, Main: d.Main, Targets: d.Targets, Excluded: d.Excluded, Offsets: offsetsToWire(d.Offsets)}
	}
	return w
}

// offsetsToWire is nil where there are none.
func offsetsToWire(o contract.Offsets) *v1.Offsets {
	if len(o.Items) == 0 {
		return nil
	}
	return &v1.Offsets{Items: o.Items, Values: o.Values, Otherwise: o.Else}
}

func pretrainSpecToWire(s contract.PretrainSpec) *v1.PretrainSpec {
	return &v1.PretrainSpec{
		Out: s.Out, Shape: s.Shape, Steps: int64(s.Steps), Batch: int64(s.Batch), LearningRate: s.LearningRate, Seed: s.Seed, HoldOut: s.HoldOut,
	}
}
