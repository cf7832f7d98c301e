package pluginrpc

import (
	"context"
	"iter"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

type recommenderServer struct {
	v1.UnimplementedRecommenderServer
	impl contract.Recommender
}

func (s *recommenderServer) Fit(stream grpc.BidiStreamingServer[v1.FitRequest, v1.FitReply]) error {
	return takeTraining("Fit", stream, func(spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
		return s.impl.Fit(stream.Context(), spec, train, progress)
	})
}

// takeTraining is the plugin's side of a call that streams training data up.
func takeTraining(call string, stream grpc.BidiStreamingServer[v1.FitRequest, v1.FitReply], take func(contract.FitSpec, contract.Train, contract.OnProgress) error) error {
	first, err := stream.Recv()
	if err != nil {
		return streamError(stream.Context(), err)
	}
	w := first.GetSpec()
	if w == nil {
		return contract.Errorf(contract.ErrInvalid, "%s begins without its spec", call)
	}
	spec := contract.FitSpec{Users: int(w.Users), Items: int(w.Items), Seed: w.Seed, Resources: resourcesFromWire(w.Resources)}
	r := reporter{send: func(p *v1.Progress) error {
		return stream.Send(&v1.FitReply{What: &v1.FitReply_Progress{Progress: p}})
	}}
	err = take(spec, download(stream.Context(), stream, chunkFromWire), r.report)
	r.stop()
	if err != nil {
		return err
	}
	return stream.Send(&v1.FitReply{What: &v1.FitReply_Fitted{Fitted: &v1.Fitted{}}})
}

func (s *recommenderServer) Rank(ctx context.Context, req *v1.RankRequest) (*v1.RankReply, error) {
	queries := make([]contract.Query, len(req.Queries))
	for i, q := range req.Queries {
		queries[i] = contract.Query{User: orNone(q.User), History: q.History, K: q.K}
	}
	rank := s.impl.Rank
	if req.WithoutUser {
		without, ok := s.impl.(contract.LeavesOut)
		if !ok {
			return nil, contract.Errorf(contract.ErrUnsupported, "this recommender does not rank as if a user had not been there")
		}
		rank = without.RankWithout
	}
	rankings, err := rank(ctx, contract.RankSpec{Ties: tiesFromWire(req.Ties)}, queries)
	if err != nil {
		return nil, err
	}
	return rankingsToWire(rankings), nil
}

type recommenderClient struct {
	pluginClient
	rpc v1.RecommenderClient
}

// Fit streams the training data up.
func (c *recommenderClient) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	return c.giveTraining(ctx, "Fit", c.rpc.Fit, spec, train, progress)
}

func (c *recommenderClient) giveTraining(ctx context.Context, call string,
	open func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[v1.FitRequest, v1.FitReply], error),
	spec contract.FitSpec, train contract.Train, progress contract.OnProgress,
) error {
	t, fitted := &turns{}, false
	err := upload(ctx, c.diagnose, t, open, fitRequests(spec, train), onReply(t, progress, func(*v1.FitReply) { fitted = true }))
	return noResult(call, !fitted, err)
}

// Rank asks in batches that fit into a message.
func (c *recommenderClient) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	return c.rank(ctx, spec, queries, false)
}

// RankWithout asks as Rank does.
func (c *recommenderClient) RankWithout(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	return c.rank(ctx, spec, queries, true)
}

func (c *recommenderClient) rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, without bool) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, 0, len(queries))
	size := func(i int) int { return rankBytes(len(queries[i].History), queries[i].K) }
	for rows, err := range spans(len(queries), batchBytes, size) {
		if err != nil {
			return nil, err
		}
		reply, err := c.rpc.Rank(ctx, rankRequest(spec, cut(queries, rows), without))
		if err != nil {
			return nil, c.diagnose.fail(ctx, err)
		}
		if rankings, err = appendRankings(rankings, reply, rows); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

// rankBytes bounds what a query takes on its way up or its answer down.
func rankBytes(up int, k int32) int { return max(5*up, 8*int(k)) + 24 }

func rankRequest(spec contract.RankSpec, queries []contract.Query, without bool) *v1.RankRequest {
	req := &v1.RankRequest{Ties: tiesToWire(spec.Ties), WithoutUser: without, Queries: make([]*v1.Query, len(queries))}
	for i, q := range queries {
		req.Queries[i] = &v1.Query{User: orAbsent(q.User), History: q.History, K: q.K}
	}
	return req
}

// fitRequests is the spec and then the data in chunks of about a megabyte.
func fitRequests(spec contract.FitSpec, train contract.Train) iter.Seq2[*v1.FitRequest, error] {
	return func(yield func(*v1.FitRequest, error) bool) {
		w := &v1.FitSpec{Users: int64(spec.Users), Items: int64(spec.Items), Seed: spec.Seed, Resources: resourcesToWire(spec.Resources)}
		if !yield(&v1.FitRequest{What: &v1.FitRequest_Spec{Spec: w}}, nil) {
			return
		}
		for chunk, err := range train {
			if err != nil {
				yield(nil, err)
				return
			}
			for w, err := range chunksToWire(chunk) {
				if !yield(&v1.FitRequest{What: &v1.FitRequest_Chunk{Chunk: w}}, err) || err != nil {
					return
				}
			}
		}
	}
}

// chunksToWire cuts one chunk: its interactions first, then its texts and the rest.
func chunksToWire(c *contract.TrainChunk) iter.Seq2[*v1.TrainChunk, error] {
	return func(yield func(*v1.TrainChunk, error) bool) {
		if err := checkChunk(c); err != nil {
			yield(nil, err)
			return
		}
		for rows, err := range spans(len(c.Users), chunkBytes, func(int) int { return 20 }) {
			w := &v1.TrainChunk{Users: cut(c.Users, rows), Items: cut(c.Items, rows), Values: cut(c.Values, rows), Times: cut(c.Times, rows)}
			if !yield(w, err) || err != nil {
				return
			}
		}
		for rows, err := range spans(len(c.Texts), chunkBytes, func(i int) int { return len(c.Texts[i].Text) + 40 }) {
			w := &v1.TrainChunk{Texts: trainTextsToWire(cut(c.Texts, rows))}
			if !yield(w, err) || err != nil {
				return
			}
		}
		for w, err := range besideTexts(c) {
			if !yield(w, err) || err != nil {
				return
			}
		}
	}
}

func checkChunk(c *contract.TrainChunk) error {
	n := len(c.Users)
	if fits(c.Items, n, false) && fits(c.Values, n, true) && fits(c.Times, n, true) {
		return nil
	}
	return contract.Errorf(contract.ErrBadData, "a chunk of training data has columns of %d users, %d items, %d values and %d times",
		n, len(c.Items), len(c.Values), len(c.Times))
}

// orAbsent and orNone are the two forms of an index that may not be there.
func orAbsent(i int32) *int32 {
	if i < 0 {
		return nil
	}
	return &i
}

func orNone(i *int32) int32 {
	if i == nil {
		return contract.NoUser
	}
	return *i
}

func trainTextsToWire(texts []contract.TrainText) []*v1.TrainText {
	w := make([]*v1.TrainText, len(texts))
	for i, d := range texts {
		w[i] = &v1.TrainText{Kind: textKindCodes.wire(d.Kind), User: orAbsent(d.User), Item: orAbsent(d.Item), Text: d.Text}
	}
	return w
}

func chunkFromWire(req *v1.FitRequest) (*contract.TrainChunk, error) {
	w := req.GetChunk()
	if w == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "a Fit request without training data")
	}
	c := &contract.TrainChunk{Users: w.Users, Items: w.Items, Values: w.Values, Times: w.Times}
	for _, d := range w.Texts {
		c.Texts = append(c.Texts, contract.TrainText{Kind: textKindCodes.word(d.Kind), User: orNone(d.User), Item: orNone(d.Item), Text: d.Text})
	}
	if err := checkChunk(c); err != nil {
		return nil, err
	}
	return c, besideTextsFromWire(c, w)
}
