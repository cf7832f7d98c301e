package pluginrpc

import (
	"context"
	"unicode/utf8"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc"
)

func (s *backboneServer) Embed(ctx context.Context, req *v1.EmbedRequest) (*v1.EmbedReply, error) {
	embedder, ok := s.impl.(contract.Embedder)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "this backbone does not embed texts")
	}
	vectors, err := embedder.Embed(ctx, contract.EmbedSpec{Pooling: poolingCodes.word(req.Pooling)}, req.Texts)
	if err != nil {
		return nil, err
	}
	reply := &v1.EmbedReply{}
	for _, v := range vectors {
		reply.Values = append(reply.Values, v...)
	}
	return reply, nil
}

func (s *backboneServer) TowerVectors(req *v1.TowerVectorsRequest, stream grpc.ServerStreamingServer[v1.FeatureChunk]) error {
	reader, ok := s.impl.(contract.TowerReader)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "this backbone does not give the vectors of a tower")
	}
	return reader.TowerVectors(stream.Context(), req.Tower, entityCodes.word(req.Entity), sendFeatures(stream))
}

// embedTexts is how many texts an answer has at most: 4,096 values each fill 4 MiB.
const embedTexts = 256

// Embed asks in batches that fit into a message.
func (c *backboneClient) Embed(ctx context.Context, spec contract.EmbedSpec, texts []string) ([][]float32, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	vectors := make([][]float32, 0, len(texts))
	for i, text := range texts {
		if !utf8.ValidString(text) {
			return nil, contract.Errorf(contract.ErrBadData, "text %d is not UTF-8: %.60q", i, text)
		}
	}
	for rows, err := range spans(len(texts), chunkBytes, func(i int) int { return max(len(texts[i])+8, chunkBytes/embedTexts) }) {
		if err != nil {
			return nil, err
		}
		reply, err := c.rpc.Embed(ctx, &v1.EmbedRequest{Pooling: poolingCodes.wire(spec.Pooling), Texts: cut(texts, rows)})
		if err != nil {
			return nil, c.diagnose.fail(ctx, err)
		}
		n := rows.Hi - rows.Lo
		if len(reply.Values) == 0 || len(reply.Values)%n != 0 {
			return nil, contract.Errorf(contract.ErrBadData, "the plugin embedded %d texts into %d values", n, len(reply.Values))
		}
		for width := len(reply.Values) / n; len(reply.Values) > 0; reply.Values = reply.Values[width:] {
			vectors = append(vectors, reply.Values[:width:width])
		}
	}
	return vectors, nil
}

// TowerVectors streams the soft tokens of a tower to yield.
func (c *backboneClient) TowerVectors(ctx context.Context, tower string, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	return pullFeatures(ctx, c.diagnose, func(ctx context.Context) (grpc.ServerStreamingClient[v1.FeatureChunk], error) {
		return c.rpc.TowerVectors(ctx, &v1.TowerVectorsRequest{Tower: tower, Entity: entityCodes.wire(entity)})
	}, yield)
}
