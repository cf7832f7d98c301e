package pluginrpc

import (
	"context"
	"iter"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

// MapItems streams the features of items up.
func (c *backboneClient) MapItems(ctx context.Context, spec contract.ItemMapSpec, features iter.Seq2[*contract.FeatureChunk, error]) error {
	if err := spec.Check(); err != nil {
		return err
	}
	t, mapped := &turns{}, false
	err := upload(ctx, c.diagnose, t, c.rpc.MapItems, mapRequests(spec, features), onReply(t, nil, func(*v1.MapItemsReply) { mapped = true }))
	return noResult("MapItems", !mapped, err)
}

// mapRequests is the spec and then the features in chunks of about a megabyte.
func mapRequests(spec contract.ItemMapSpec, features iter.Seq2[*contract.FeatureChunk, error]) iter.Seq2[*v1.MapItemsRequest, error] {
	return func(yield func(*v1.MapItemsRequest, error) bool) {
		w := &v1.ItemMapSpec{Tower: spec.Tower, Width: int32(spec.Width), Seed: spec.Seed}
		if !yield(&v1.MapItemsRequest{What: &v1.MapItemsRequest_Spec{Spec: w}}, nil) {
			return
		}
		for chunk, err := range features {
			if err != nil {
				yield(nil, err)
				return
			}
			for w, err := range featuresToWire(chunk) {
				if !yield(&v1.MapItemsRequest{What: &v1.MapItemsRequest_Chunk{Chunk: w}}, err) || err != nil {
					return
				}
			}
		}
	}
}

func (s *backboneServer) MapItems(stream grpc.BidiStreamingServer[v1.MapItemsRequest, v1.MapItemsReply]) error {
	mapper, ok := s.impl.(contract.ItemMapper)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this backbone does not map features of items to tokens")
	}
	first, err := stream.Recv()
	if err != nil {
		return streamError(stream.Context(), err)
	}
	w := first.GetSpec()
	if w == nil {
		return contract.Errorf(contract.ErrInvalid, "MapItems begins without its spec")
	}
	spec := contract.ItemMapSpec{Tower: w.Tower, Width: int(w.Width), Seed: w.Seed}
	if err := mapper.MapItems(stream.Context(), spec, download(stream.Context(), stream, openFeatures)); err != nil {
		return err
	}
	return stream.Send(&v1.MapItemsReply{What: &v1.MapItemsReply_Mapped{Mapped: &v1.ItemsMapped{}}})
}

// openFeatures is the chunk of a request of MapItems.
func openFeatures(req *v1.MapItemsRequest) (*contract.FeatureChunk, error) {
	if req.GetChunk() == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "a request without features")
	}
	c := featuresFromWire(req.GetChunk())
	return c, checkShape(c)
}
