package pluginrpc

import (
	"context"
	"iter"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

func (s *recommenderServer) Begin(stream grpc.BidiStreamingServer[v1.FitRequest, v1.FitReply]) error {
	trainer, ok := s.impl.(contract.EpochTrainer)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this recommender does not learn in epochs")
	}
	return takeTraining("Begin", stream, func(spec contract.FitSpec, train contract.Train, _ contract.OnProgress) error {
		return trainer.Begin(stream.Context(), spec, train)
	})
}

func (s *recommenderServer) Epoch(req *v1.EpochRequest, stream grpc.ServerStreamingServer[v1.EpochReply]) error {
	trainer, ok := s.impl.(contract.EpochTrainer)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this recommender does not learn in epochs")
	}
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.EpochReply{What: &v1.EpochReply_Progress{Progress: p}})
	}}
	result, err := trainer.Epoch(stream.Context(), contract.EpochSpec{Number: int(req.Number), Seed: req.Seed}, r.report)
	r.stop()
	if err != nil {
		return err
	}
	w := &v1.EpochResult{Loss: result.Loss, Steps: result.Steps, Examples: result.Examples, PeakMemory: result.PeakMemory}
	return stream.Send(&v1.EpochReply{What: &v1.EpochReply_Result{Result: w}})
}

func (s *recommenderServer) Save(ctx context.Context, req *v1.SaveRequest) (*v1.SaveReply, error) {
	stateful, ok := s.impl.(contract.Stateful)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "this recommender does not save its state")
	}
	return &v1.SaveReply{}, stateful.Save(ctx, req.Path)
}

func (s *recommenderServer) Load(ctx context.Context, req *v1.LoadStateRequest) (*v1.LoadStateReply, error) {
	stateful, ok := s.impl.(contract.Stateful)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "this recommender does not load a state")
	}
	return &v1.LoadStateReply{}, stateful.Load(ctx, req.Path)
}

func (s *recommenderServer) Vectors(req *v1.VectorsRequest, stream grpc.ServerStreamingServer[v1.FeatureChunk]) error {
	source, ok := s.impl.(contract.VectorSource)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this recommender gives no vectors")
	}
	return source.Vectors(stream.Context(), entityCodes.word(req.Entity), sendFeatures(stream))
}

// sendFeatures checks, cuts and sends rows of features.
func sendFeatures(stream grpc.ServerStreamingServer[v1.FeatureChunk]) func(*contract.FeatureChunk) error {
	return func(c *contract.FeatureChunk) error {
		for w, err := range featuresToWire(c) {
			if err != nil {
				return err
			}
			if err := stream.Send(w); err != nil {
				return streamError(stream.Context(), err)
			}
		}
		return stream.Context().Err()
	}
}

// Begin streams the training data up.
func (c *recommenderClient) Begin(ctx context.Context, spec contract.FitSpec, train contract.Train) error {
	return c.giveTraining(ctx, "Begin", c.rpc.Begin, spec, train, nil)
}

// Epoch trains once over the training data.
func (c *recommenderClient) Epoch(ctx context.Context, spec contract.EpochSpec, progress contract.OnProgress) (contract.EpochResult, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var result *v1.EpochResult
	stream, err := c.rpc.Epoch(inner, &v1.EpochRequest{Number: int64(spec.Number), Seed: spec.Seed})
	if err == nil {
		err = drain(stream, onReply(&turns{}, progress, func(r *v1.EpochReply) { result = r.GetResult() }))
	}
	err = noResult("Epoch", result == nil, c.diagnose.fail(ctx, err))
	return contract.EpochResult{
		Loss: result.GetLoss(), Steps: result.GetSteps(), Examples: result.GetExamples(), PeakMemory: result.GetPeakMemory(),
	}, err
}

// Save writes the state; the plugin has the runner's files.
func (c *recommenderClient) Save(ctx context.Context, path string) error {
	_, err := c.rpc.Save(ctx, &v1.SaveRequest{Path: path})
	return c.diagnose.fail(ctx, err)
}

// Load reads the state.
func (c *recommenderClient) Load(ctx context.Context, path string) error {
	_, err := c.rpc.Load(ctx, &v1.LoadStateRequest{Path: path})
	return c.diagnose.fail(ctx, err)
}

// Vectors streams the vectors of an entity to yield.
func (c *recommenderClient) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	return pullFeatures(ctx, c.diagnose, func(ctx context.Context) (grpc.ServerStreamingClient[v1.FeatureChunk], error) {
		return c.rpc.Vectors(ctx, &v1.VectorsRequest{Entity: entityCodes.wire(entity)})
	}, yield)
}

// pullFeatures reads rows of features from the plugin.
func pullFeatures(ctx context.Context, d Diagnose, open func(context.Context) (grpc.ServerStreamingClient[v1.FeatureChunk], error), yield func(*contract.FeatureChunk) error) error {
	return pull(ctx, d, open, func(w *v1.FeatureChunk) error {
		c := featuresFromWire(w)
		if err := checkShape(c); err != nil {
			return err
		}
		return yield(c)
	})
}

// besideTexts is what a chunk holds beside interactions and texts, cut.
func besideTexts(c *contract.TrainChunk) iter.Seq2[*v1.TrainChunk, error] {
	return func(yield func(*v1.TrainChunk, error) bool) {
		if c.Attributes != nil && !yieldAttributes(c.Attributes, yield) {
			return
		}
		if c.Features != nil && !yieldFeatures(c.Features, yield) {
			return
		}
		if c.Side != nil {
			yieldSide(c.Side, yield)
		}
	}
}

func yieldAttributes(a *contract.TrainAttributes, yield func(*v1.TrainChunk, error) bool) bool {
	if err := checkAttribute(a.Name, a.Entity, a.Type, len(a.Rows), a.Values); err != nil {
		yield(nil, err)
		return false
	}
	for rows, err := range spans(len(a.Rows), chunkBytes, func(i int) int { return 4 + valueBytes(a.Type, a.Values, i) }) {
		w := &v1.TrainAttributes{
			Name: a.Name, Entity: entityCodes.wire(a.Entity), Type: attributeCodes.wire(a.Type),
			Rows: cut(a.Rows, rows), Values: valuesToWire(a.Type, a.Values, rows),
		}
		if !yield(&v1.TrainChunk{Attributes: w}, err) || err != nil {
			return false
		}
	}
	return true
}

func yieldFeatures(f *contract.FeatureChunk, yield func(*v1.TrainChunk, error) bool) bool {
	for w, err := range featuresToWire(f) {
		if !yield(&v1.TrainChunk{Features: w}, err) || err != nil {
			return false
		}
	}
	return true
}

func yieldSide(s *contract.SideChunk, yield func(*v1.TrainChunk, error) bool) {
	if err := checkSide(s); err != nil {
		yield(nil, err)
		return
	}
	for rows, err := range spans(len(s.Rows), chunkBytes, func(int) int { return 12 }) {
		w := &v1.SideChunk{Name: s.Name, Rows: cut(s.Rows, rows), Items: cut(s.Items, rows), Weights: cut(s.Weights, rows)}
		if !yield(&v1.TrainChunk{Side: w}, err) || err != nil {
			return
		}
	}
}

func checkSide(s *contract.SideChunk) error {
	n := len(s.Rows)
	if !fits(s.Items, n, false) || !fits(s.Weights, n, false) {
		return contract.Errorf(contract.ErrBadData, "side interactions %q have columns of %d rows, %d items and %d weights", s.Name, n, len(s.Items), len(s.Weights))
	}
	for i, w := range s.Weights {
		if !(w > 0) || w-w != 0 {
			return contract.Errorf(contract.ErrBadData, "side interactions %q have the weight %v at %d, expected a finite one > 0", s.Name, w, i)
		}
	}
	return nil
}

// besideTextsFromWire adds to a chunk what a message holds beside interactions
// and texts.
func besideTextsFromWire(c *contract.TrainChunk, w *v1.TrainChunk) error {
	if a := w.Attributes; a != nil {
		c.Attributes = &contract.TrainAttributes{
			Name: a.Name, Entity: entityCodes.word(a.Entity), Type: attributeCodes.word(a.Type), Rows: a.Rows, Values: valuesFromWire(a.Values),
		}
		if err := checkAttribute(c.Attributes.Name, c.Attributes.Entity, c.Attributes.Type, len(a.Rows), c.Attributes.Values); err != nil {
			return err
		}
	}
	if w.Features != nil {
		c.Features = featuresFromWire(w.Features)
		if err := checkShape(c.Features); err != nil {
			return err
		}
	}
	if s := w.Side; s != nil {
		c.Side = &contract.SideChunk{Name: s.Name, Rows: s.Rows, Items: s.Items, Weights: s.Weights}
		return checkSide(c.Side)
	}
	return nil
}
