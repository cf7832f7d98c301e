package pluginrpc

import (
	"context"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

// OpenNewcomers makes a tower for those whom another one was not trained on.
func (c *backboneClient) OpenNewcomers(ctx context.Context, s contract.NewcomerSpec) error {
	if err := s.Check(); err != nil { // a start that is not in the table could not be named later
		return err
	}
	_, err := c.rpc.OpenNewcomers(ctx, &v1.OpenNewcomersRequest{Name: s.Name, Of: s.Of, Users: int64(s.Users), Items: itemStartCodes.wire(s.Items), From: s.From})
	return c.diagnose.fail(ctx, err)
}

func (s *backboneServer) OpenNewcomers(ctx context.Context, r *v1.OpenNewcomersRequest) (*v1.OpenNewcomersReply, error) {
	opener, ok := s.impl.(contract.Newcomers)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "this backbone has no towers for newcomers")
	}
	spec := contract.NewcomerSpec{Name: r.Name, Of: r.Of, Users: int(r.Users), Items: itemStartCodes.word(r.Items), From: r.From}
	return &v1.OpenNewcomersReply{}, opener.OpenNewcomers(ctx, spec)
}
