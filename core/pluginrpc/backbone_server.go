package pluginrpc

import (
	"context"
	"encoding/json"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

type backboneServer struct {
	v1.UnimplementedBackboneServer
	impl contract.Backbone
}

func (s *backboneServer) Load(req *v1.LoadRequest, stream grpc.ServerStreamingServer[v1.LoadReply]) error {
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.LoadReply{What: &v1.LoadReply_Progress{Progress: p}})
	}}
	model, err := s.impl.Load(stream.Context(), resourcesFromWire(req.Resources), r.report)
	r.stop()
	if err != nil {
		return err
	}
	return stream.Send(&v1.LoadReply{What: &v1.LoadReply_Model{Model: modelToWire(model)}})
}

func (s *backboneServer) Encode(ctx context.Context, req *v1.EncodeRequest) (*v1.EncodeReply, error) {
	texts, err := s.impl.Encode(ctx, req.Texts)
	if err != nil {
		return nil, err
	}
	reply := &v1.EncodeReply{Texts: make([]*v1.Tokens, len(texts))}
	for i, ids := range texts {
		reply.Texts[i] = &v1.Tokens{Ids: ids}
	}
	return reply, nil
}

func (s *backboneServer) OpenTower(ctx context.Context, r *v1.OpenTowerRequest) (*v1.OpenTowerReply, error) {
	return &v1.OpenTowerReply{}, s.impl.OpenTower(ctx, towerFromWire(r))
}

func (s *backboneServer) CloseTower(ctx context.Context, r *v1.CloseTowerRequest) (*v1.CloseTowerReply, error) {
	return &v1.CloseTowerReply{}, s.impl.CloseTower(ctx, r.Name)
}

func (s *backboneServer) TrainTower(stream grpc.BidiStreamingServer[v1.TrainTowerRequest, v1.TrainTowerReply]) error {
	first, err := stream.Recv()
	if err != nil {
		return streamError(stream.Context(), err)
	}
	if first.GetSpec() == nil {
		return contract.Errorf(contract.ErrInvalid, "TrainTower begins without its spec")
	}
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.TrainTowerReply{What: &v1.TrainTowerReply_Progress{Progress: p}})
	}}
	examples := download(stream.Context(), stream, openExamples[*v1.TrainTowerRequest])
	result, err := s.impl.TrainTower(stream.Context(), trainSpecFromWire(first.GetSpec()), examples, r.report)
	r.stop()
	if err != nil {
		return err
	}
	return stream.Send(&v1.TrainTowerReply{What: &v1.TrainTowerReply_Result{Result: trainResultToWire(result)}})
}

func (s *backboneServer) Score(stream grpc.BidiStreamingServer[v1.ScoreRequest, v1.ScoreReply]) error {
	first, err := stream.Recv()
	if err != nil {
		return streamError(stream.Context(), err)
	}
	if first.GetSpec() == nil {
		return contract.Errorf(contract.ErrInvalid, "Score begins without its spec")
	}
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.ScoreReply{What: &v1.ScoreReply_Progress{Progress: p}})
	}}
	examples := download(stream.Context(), stream, openExamples[*v1.ScoreRequest])
	score, err := s.impl.Score(stream.Context(), scoreSpecFromWire(first.GetSpec()), examples, r.report)
	r.stop()
	if err != nil {
		return err
	}
	return stream.Send(&v1.ScoreReply{What: &v1.ScoreReply_Result{Result: scoreToWire(score)}})
}

func (s *backboneServer) RankPrompts(ctx context.Context, req *v1.RankPromptsRequest) (*v1.RankReply, error) {
	prompts := make([]contract.RankPrompt, len(req.Prompts))
	for i, p := range req.Prompts {
		prompts[i] = promptFromWire(p)
	}
	rankings, err := s.impl.Rank(ctx, req.Tower, contract.RankSpec{Ties: tiesFromWire(req.Ties)}, prompts)
	if err != nil {
		return nil, err
	}
	return rankingsToWire(rankings), nil
}

func (s *backboneServer) SaveTower(ctx context.Context, r *v1.SaveTowerRequest) (*v1.SaveTowerReply, error) {
	return &v1.SaveTowerReply{}, s.impl.SaveTower(ctx, r.Name, r.Path)
}

func (s *backboneServer) LoadTower(ctx context.Context, r *v1.LoadTowerRequest) (*v1.LoadTowerReply, error) {
	return &v1.LoadTowerReply{}, s.impl.LoadTower(ctx, r.Name, r.Path)
}

func (s *backboneServer) Pretrain(stream grpc.BidiStreamingServer[v1.PretrainRequest, v1.PretrainReply]) error {
	pretrainer, ok := s.impl.(contract.Pretrainer)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this backbone cannot pretrain a model")
	}
	first, err := stream.Recv()
	if err != nil {
		return streamError(stream.Context(), err)
	}
	if first.GetSpec() == nil {
		return contract.Errorf(contract.ErrInvalid, "Pretrain begins without its spec")
	}
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.PretrainReply{What: &v1.PretrainReply_Progress{Progress: p}})
	}}
	texts := download(stream.Context(), stream, openTexts)
	result, err := pretrainer.Pretrain(stream.Context(), pretrainSpecFromWire(first.GetSpec()), texts, r.report)
	r.stop()
	if err != nil {
		return err
	}
	return stream.Send(&v1.PretrainReply{What: &v1.PretrainReply_Result{Result: pretrainResultToWire(result)}})
}

// openExamples is the chunk of a request of TrainTower or Score.
func openExamples[Req interface{ GetChunk() *v1.Examples }](req Req) ([]contract.Example, error) {
	w := req.GetChunk()
	if w == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "a request without examples")
	}
	examples := make([]contract.Example, len(w.Examples))
	for i, d := range w.Examples {
		examples[i] = contract.Example{Prompt: d.Prompt, Main: d.Main, Targets: d.Targets, Excluded: d.Excluded,
			Offsets: contract.Offsets{Items: d.Offsets.GetItems(), Values: d.Offsets.GetValues(), Else: d.Offsets.GetOtherwise()}}
	}
	return examples, nil
}

func openTexts(req *v1.PretrainRequest) ([]string, error) {
	if req.GetChunk() == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "a request without texts")
	}
	return req.GetChunk().Texts, nil
}

func pretrainSpecFromWire(w *v1.PretrainSpec) contract.PretrainSpec {
	return contract.PretrainSpec{
		Out: w.Out, Shape: json.RawMessage(w.Shape), Steps: int(w.Steps), Batch: int(w.Batch),
		LearningRate: w.LearningRate, Seed: w.Seed, HoldOut: w.HoldOut,
	}
}
