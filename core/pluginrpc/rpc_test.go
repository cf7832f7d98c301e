package pluginrpc

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"

	"github.com/hashicorp/go-plugin"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

// connect serves p in this process and returns its client. Handshake and
// processes have their tests in package host.
func connect[P contract.Plugin](t testing.TB, kind contract.Kind, p P) P {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := NewServer(zerolog.Nop(), func() {})(nil)
	if err := Serving(kind, p)[Name].(plugin.GRPCPlugin).GRPCServer(nil, server); err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	options := append(DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	conn, err := grpc.NewClient("passthrough:///buffer", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client, err := Using(kind, nil)[Name].(plugin.GRPCPlugin).GRPCClient(t.Context(), nil, conn)
	if err != nil {
		t.Fatal(err)
	}
	return client.(P)
}

// stub implements what all kinds have in common.
type stub struct{ closed int }

func (s *stub) Info(context.Context) (contract.Info, error) {
	return contract.Info{
		Kind: contract.KindDataset, Name: "stub", Version: "1", ContractVersion: 1, Summary: "a stub", Semantics: 3,
		Capabilities: []contract.Capability{contract.CapabilityTexts}, Schema: json.RawMessage(`{}`),
	}, nil
}

func (s *stub) Configure(_ context.Context, raw json.RawMessage) (json.RawMessage, error) {
	return raw, nil
}

func (s *stub) Close(context.Context) error {
	s.closed++
	return nil
}

// stubDataset yields the chunks it holds.
type stubDataset struct {
	stub
	chunks []*contract.InteractionChunk
	docs   *contract.TextChunk
}

func (d *stubDataset) Interactions(_ context.Context, yield func(*contract.InteractionChunk) error) error {
	for _, c := range d.chunks {
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

func (d *stubDataset) Texts(_ context.Context, yield func(*contract.TextChunk) error) error {
	return yield(d.docs)
}

func TestInfoTravelsWhole(t *testing.T) {
	d := &stubDataset{}
	got, err := connect[contract.Dataset](t, contract.KindDataset, d).Info(t.Context())
	want, _ := d.Info(t.Context())
	if err != nil || got.Name != want.Name || got.Kind != want.Kind || !slices.Equal(got.Capabilities, want.Capabilities) ||
		string(got.Schema) != string(want.Schema) || got.Summary != want.Summary || got.ContractVersion != 1 || got.Semantics != 3 {
		t.Errorf("info %+v, error %v, want %+v", got, err, want)
	}
}

func TestCloseReachesThePluginOnceAndCallsAfterItAreOutOfOrder(t *testing.T) {
	d := &stubDataset{}
	c := connect[contract.Dataset](t, contract.KindDataset, d)
	if err := errors.Join(c.Close(t.Context()), c.Close(t.Context())); err != nil || d.closed != 1 {
		t.Errorf("two calls of Close closed the plugin %d times, error %v", d.closed, err)
	}
	if _, err := c.Configure(t.Context(), nil); !errors.Is(err, contract.ErrOrder) || !strings.Contains(err.Error(), "Configure was called after Close") {
		t.Errorf("Configure after Close: %v", err)
	}
}

func TestInteractionsTravelWithAndWithoutTheirColumns(t *testing.T) {
	d := &stubDataset{chunks: []*contract.InteractionChunk{
		{Users: []string{"a", "b"}, Items: []string{"x", "ü"}},
		{Part: contract.PartTest, Users: []string{"a"}, Items: []string{"z"}, Values: []float32{0}, Times: []int64{-5}},
	}}
	var got []*contract.InteractionChunk
	err := connect[contract.Dataset](t, contract.KindDataset, d).Interactions(t.Context(), func(c *contract.InteractionChunk) error {
		got = append(got, c)
		return nil
	})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d chunks, error %v", len(got), err)
	}
	if got[0].Values != nil || got[0].Times != nil || got[0].Items[1] != "ü" || got[0].Part != contract.PartAll {
		t.Errorf("first chunk %+v", got[0])
	}
	if got[1].Part != contract.PartTest || !slices.Equal(got[1].Values, []float32{0}) || !slices.Equal(got[1].Times, []int64{-5}) {
		t.Errorf("second chunk %+v", got[1])
	}
}

func TestDamagedChunksAreBadData(t *testing.T) {
	for name, d := range map[string]*stubDataset{
		"columns": {chunks: []*contract.InteractionChunk{{Users: []string{"a"}, Items: []string{"x", "y"}}}},
		"UTF-8":   {chunks: []*contract.InteractionChunk{{Users: []string{"a\xff"}, Items: []string{"x"}}}},
	} {
		err := connect[contract.Dataset](t, contract.KindDataset, d).Interactions(t.Context(), func(*contract.InteractionChunk) error { return nil })
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), name) {
			t.Errorf("wrong %s: error %v", name, err)
		}
	}
	d := &stubDataset{docs: &contract.TextChunk{Texts: []string{"t"}}}
	err := connect[contract.Dataset](t, contract.KindDataset, d).Texts(t.Context(), func(*contract.TextChunk) error { return nil })
	if !errors.Is(err, contract.ErrBadData) {
		t.Errorf("documents without users: error %v", err)
	}
}

// stubRecommender calls fit and rank.
type stubRecommender struct {
	stub
	fit  func(context.Context, contract.Train, contract.OnProgress) error
	rank func([]contract.Query) ([]contract.Ranking, error)
}

func (r *stubRecommender) Fit(ctx context.Context, _ contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	return r.fit(ctx, train, progress)
}

func (r *stubRecommender) Rank(_ context.Context, _ contract.RankSpec, q []contract.Query) ([]contract.Ranking, error) {
	return r.rank(q)
}

func noData(func(*contract.TrainChunk, error) bool) {}

func TestTheTrainingStreamCanBeReadOnce(t *testing.T) {
	r := &stubRecommender{fit: func(_ context.Context, train contract.Train, _ contract.OnProgress) error {
		for range 2 {
			for _, err := range train {
				if err != nil {
					return err
				}
			}
		}
		return nil
	}}
	err := connect[contract.Recommender](t, contract.KindRecommender, r).Fit(t.Context(), contract.FitSpec{}, noData, nil)
	if !errors.Is(err, contract.ErrOrder) {
		t.Errorf("error %v, want ErrOrder", err)
	}
}

func TestAFitThatIsDoneEarlyStopsTheUpload(t *testing.T) {
	r := &stubRecommender{fit: func(context.Context, contract.Train, contract.OnProgress) error { return nil }}
	endless := func(yield func(*contract.TrainChunk, error) bool) {
		for yield(&contract.TrainChunk{Users: make([]int32, 1e4), Items: make([]int32, 1e4)}, nil) {
		}
	}
	if err := connect[contract.Recommender](t, contract.KindRecommender, r).Fit(t.Context(), contract.FitSpec{}, endless, nil); err != nil {
		t.Error(err)
	}
}

func TestTheIteratorAndTheProgressFunctionTakeTurns(t *testing.T) {
	r := &stubRecommender{fit: func(_ context.Context, train contract.Train, progress contract.OnProgress) error {
		for _, err := range train {
			if err != nil {
				return err
			}
			progress.Report(contract.Progress{Done: 1})
		}
		return nil
	}}
	shared := 0 // the race detector watches it
	data := func(yield func(*contract.TrainChunk, error) bool) {
		for range 200 {
			shared++
			if !yield(&contract.TrainChunk{Users: []int32{1}, Items: []int32{1}}, nil) {
				return
			}
		}
	}
	err := connect[contract.Recommender](t, contract.KindRecommender, r).Fit(t.Context(), contract.FitSpec{}, data, func(contract.Progress) { shared++ })
	if err != nil || shared != 400 {
		t.Errorf("%d turns, error %v", shared, err)
	}
}

func TestCallsRunOneAtATimeAfterACancellation(t *testing.T) {
	busy := make(chan struct{})
	r := &stubRecommender{
		fit: func(ctx context.Context, _ contract.Train, _ contract.OnProgress) error {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond) // winding down
			close(busy)
			return ctx.Err()
		},
		rank: func(q []contract.Query) ([]contract.Ranking, error) {
			select {
			case <-busy:
				return make([]contract.Ranking, len(q)), nil
			default:
				return nil, errors.New("Fit still runs")
			}
		},
	}
	c := connect[contract.Recommender](t, contract.KindRecommender, r)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Fit(ctx, contract.FitSpec{}, noData, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Fit: %v", err)
	}
	if _, err := c.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}}); err != nil {
		t.Error(err)
	}
}

func TestAWrongNumberOfRankingsIsAFailureAndNotBadInput(t *testing.T) {
	r := &stubRecommender{rank: func([]contract.Query) ([]contract.Ranking, error) { return nil, nil }}
	_, err := connect[contract.Recommender](t, contract.KindRecommender, r).Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}})
	if err == nil || contract.IsBadInput(err) || !strings.Contains(err.Error(), "answered 1 queries with 0 rankings") {
		t.Errorf("error %v", err)
	}
}

// stubPretrainer only pretrains.
type stubPretrainer struct {
	stub
	contract.Backbone
	spec  contract.PretrainSpec
	texts []string
}

func (p *stubPretrainer) Info(ctx context.Context) (contract.Info, error) { return p.stub.Info(ctx) }
func (p *stubPretrainer) Close(ctx context.Context) error                 { return p.stub.Close(ctx) }
func (p *stubPretrainer) Configure(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	return p.stub.Configure(ctx, raw)
}

func (p *stubPretrainer) Pretrain(_ context.Context, spec contract.PretrainSpec, texts iter.Seq2[[]string, error], progress contract.OnProgress) (contract.PretrainResult, error) {
	p.spec = spec
	for chunk, err := range texts {
		if err != nil {
			return contract.PretrainResult{}, err
		}
		p.texts = append(p.texts, chunk...)
	}
	progress.Report(contract.Progress{Done: 3, Tokens: 9})
	return contract.PretrainResult{
		Model: contract.ModelInfo{Hidden: 8, DType: "float32"}, Train: contract.LMScore{NLL: 1.5, Tokens: 2},
		HeldOut: contract.LMScore{NLL: 2.5, Tokens: 3}, VocabSize: 40,
	}, nil
}

func TestPretrainTravelsWhole(t *testing.T) {
	p := &stubPretrainer{}
	texts := func(yield func([]string, error) bool) {
		_ = yield([]string{"a", "b"}, nil) && yield([]string{"c"}, nil)
	}
	spec := contract.PretrainSpec{Out: "o", Shape: json.RawMessage(`{"n":1}`), Steps: 3, Batch: 4, LearningRate: 0.5, Seed: 1 << 63, HoldOut: 0.25}
	var last contract.Progress
	c := connect[contract.Backbone](t, contract.KindBackbone, p).(contract.Pretrainer)
	got, err := c.Pretrain(t.Context(), spec, texts, func(x contract.Progress) { last = x })
	want, _ := (&stubPretrainer{}).Pretrain(t.Context(), spec, texts, nil)
	if err != nil || got != want || last.Done != 3 || last.Tokens != 9 {
		t.Errorf("result %+v, error %v, progress %+v", got, err, last)
	}
	if !slices.Equal(p.texts, []string{"a", "b", "c"}) || p.spec.Seed != 1<<63 || string(p.spec.Shape) != `{"n":1}` || p.spec.HoldOut != 0.25 {
		t.Errorf("the plugin got %+v and %q", p.spec, p.texts)
	}
}
