package pluginrpc

import (
	"context"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

func (s *datasetServer) Attributes(_ *v1.AttributesRequest, stream grpc.ServerStreamingServer[v1.AttributeChunk]) error {
	source, ok := s.impl.(contract.AttributeSource)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this dataset has no attributes")
	}
	return source.Attributes(stream.Context(), func(c *contract.AttributeChunk) error {
		if err := checkAttribute(c.Name, c.Entity, c.Type, len(c.IDs), c.Values); err != nil {
			return err
		}
		if err := checkUTF8(c.IDs); err != nil {
			return err
		}
		size := func(i int) int { return len(c.IDs[i]) + 4 + valueBytes(c.Type, c.Values, i) }
		for rows, err := range spans(len(c.IDs), chunkBytes, size) {
			if err != nil {
				return err
			}
			w := &v1.AttributeChunk{
				Name: c.Name, Entity: entityCodes.wire(c.Entity), Type: attributeCodes.wire(c.Type),
				Ids: cut(c.IDs, rows), Values: valuesToWire(c.Type, c.Values, rows),
			}
			if err := stream.Send(w); err != nil {
				return streamError(stream.Context(), err)
			}
		}
		return stream.Context().Err()
	})
}

// Attributes streams every attribute to yield.
func (c *datasetClient) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	open := func(ctx context.Context) (grpc.ServerStreamingClient[v1.AttributeChunk], error) {
		return c.rpc.Attributes(ctx, &v1.AttributesRequest{})
	}
	return pull(ctx, c.diagnose, open, func(w *v1.AttributeChunk) error {
		chunk := &contract.AttributeChunk{
			Name: w.Name, Entity: entityCodes.word(w.Entity), Type: attributeCodes.word(w.Type), IDs: w.Ids, Values: valuesFromWire(w.Values),
		}
		if err := checkAttribute(chunk.Name, chunk.Entity, chunk.Type, len(chunk.IDs), chunk.Values); err != nil {
			return err
		}
		return yield(chunk)
	})
}
