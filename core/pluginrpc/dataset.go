package pluginrpc

import (
	"context"
	"unicode/utf8"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

type datasetServer struct {
	v1.UnimplementedDatasetServer
	impl contract.Dataset
}

func (s *datasetServer) Interactions(_ *v1.InteractionsRequest, stream grpc.ServerStreamingServer[v1.InteractionChunk]) error {
	return s.impl.Interactions(stream.Context(), func(c *contract.InteractionChunk) error {
		if err := checkInteractions(c); err != nil {
			return err
		}
		for rows, err := range spans(c.Len(), chunkBytes, func(i int) int { return len(c.Users[i]) + len(c.Items[i]) + 16 }) {
			if err != nil {
				return err
			}
			if err := stream.Send(interactionsToWire(c, rows)); err != nil {
				return streamError(stream.Context(), err)
			}
		}
		return stream.Context().Err()
	})
}

func (s *datasetServer) Texts(_ *v1.TextsRequest, stream grpc.ServerStreamingServer[v1.TextChunk]) error {
	return s.impl.Texts(stream.Context(), func(c *contract.TextChunk) error {
		if err := checkTexts(c); err != nil {
			return err
		}
		for rows, err := range spans(c.Len(), chunkBytes, func(i int) int { return len(c.Users[i]) + len(c.Items[i]) + len(c.Texts[i]) + 24 }) {
			if err != nil {
				return err
			}
			if err := stream.Send(textsToWire(c, rows)); err != nil {
				return streamError(stream.Context(), err)
			}
		}
		return stream.Context().Err()
	})
}

func interactionsToWire(c *contract.InteractionChunk, rows span) *v1.InteractionChunk {
	return &v1.InteractionChunk{
		Part: partCodes.wire(c.Part), Users: cut(c.Users, rows), Items: cut(c.Items, rows),
		Values: cut(c.Values, rows), Times: cut(c.Times, rows),
	}
}

func textsToWire(c *contract.TextChunk, rows span) *v1.TextChunk {
	return &v1.TextChunk{
		Kinds: wireAll(textKindCodes, cut(c.Kinds, rows)), Users: cut(c.Users, rows), Items: cut(c.Items, rows), Texts: cut(c.Texts, rows),
	}
}

// checkInteractions refuses columns of different lengths and text that is not
// UTF-8, which the wire cannot carry.
func checkInteractions(c *contract.InteractionChunk) error {
	n := c.Len()
	if !fits(c.Items, n, false) || !fits(c.Values, n, true) || !fits(c.Times, n, true) {
		return contract.Errorf(contract.ErrBadData, "a chunk of interactions has columns of %d users, %d items, %d values and %d times",
			n, len(c.Items), len(c.Values), len(c.Times))
	}
	return checkUTF8(c.Users, c.Items)
}

func checkTexts(c *contract.TextChunk) error {
	n := c.Len()
	if !fits(c.Kinds, n, false) || !fits(c.Users, n, false) || !fits(c.Items, n, false) {
		return contract.Errorf(contract.ErrBadData, "a chunk of texts has columns of %d texts, %d kinds, %d users and %d items",
			n, len(c.Kinds), len(c.Users), len(c.Items))
	}
	for _, kind := range c.Kinds {
		if textKindCodes.wire(kind) == 0 {
			return contract.Errorf(contract.ErrBadData, "a text is of the kind %q, expected one of %v", kind, contract.TextKinds())
		}
	}
	return checkUTF8(c.Users, c.Items, c.Texts)
}

func checkUTF8(columns ...[]string) error {
	for _, column := range columns {
		for _, s := range column {
			if !utf8.ValidString(s) {
				return contract.Errorf(contract.ErrBadData, "%.60q is not UTF-8", s)
			}
		}
	}
	return nil
}

type datasetClient struct {
	pluginClient
	rpc v1.DatasetClient
}

// Interactions streams every interaction to yield.
func (c *datasetClient) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	open := func(ctx context.Context) (grpc.ServerStreamingClient[v1.InteractionChunk], error) {
		return c.rpc.Interactions(ctx, &v1.InteractionsRequest{})
	}
	return pull(ctx, c.diagnose, open, func(w *v1.InteractionChunk) error {
		chunk := &contract.InteractionChunk{Part: partCodes.word(w.Part), Users: w.Users, Items: w.Items, Values: w.Values, Times: w.Times}
		if err := checkInteractions(chunk); err != nil {
			return err
		}
		return yield(chunk)
	})
}

// Texts streams every text to yield.
func (c *datasetClient) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	open := func(ctx context.Context) (grpc.ServerStreamingClient[v1.TextChunk], error) {
		return c.rpc.Texts(ctx, &v1.TextsRequest{})
	}
	return pull(ctx, c.diagnose, open, func(w *v1.TextChunk) error {
		chunk := &contract.TextChunk{Kinds: wordAll(textKindCodes, w.Kinds), Users: w.Users, Items: w.Items, Texts: w.Texts}
		if err := checkTexts(chunk); err != nil {
			return err
		}
		return yield(chunk)
	})
}

// pull reads a stream from the plugin; an error of yield ends it.
func pull[T any](ctx context.Context, d Diagnose, open func(context.Context) (grpc.ServerStreamingClient[T], error), yield func(*T) error) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := open(inner)
	if err != nil {
		return d.fail(ctx, err)
	}
	var own error
	err = drain(stream, func(chunk *T) {
		if own == nil {
			if own = yield(chunk); own != nil {
				cancel()
			}
		}
	})
	if own != nil {
		return own
	}
	return d.fail(ctx, err)
}
