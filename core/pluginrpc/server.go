package pluginrpc

import (
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"strings"
	"sync"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"github.com/rs/zerolog"
	"google.golang.org/grpc"
)

// NewServer makes go-plugin's gRPC server with this package's limits. Its calls
// run one at a time, as the contract promises, even when the runner has given
// up on one that still winds down; a panic in a call becomes its error, with
// the stack in the log. ready runs once, before the first call.
func NewServer(log zerolog.Logger, ready func()) func([]grpc.ServerOption) *grpc.Server {
	return func(options []grpc.ServerOption) *grpc.Server {
		g := &gate{slot: make(chan struct{}, 1), log: log, ready: ready}
		options = append(options, serverOptions()...)
		return grpc.NewServer(append(options, grpc.UnaryInterceptor(g.unary), grpc.StreamInterceptor(g.stream))...)
	}
}

// gate lets one call of the contract in at a time.
type gate struct {
	slot  chan struct{}
	log   zerolog.Logger
	ready func()
	first sync.Once

	mu     sync.Mutex
	cancel context.CancelFunc // of the call in hand
	closed bool
}

// IsContract tells a call of the contract from one of go-plugin's own services; method
// is gRPC's, such as "/cllm4rec.plugin.v1.Plugin/Info".
func IsContract(method string) bool {
	return strings.HasPrefix(method, "/"+strings.TrimSuffix(v1.Plugin_ServiceDesc.ServiceName, "Plugin"))
}

func (g *gate) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
	if !IsContract(info.FullMethod) {
		return handle(ctx, req)
	}
	if info.FullMethod == v1.Plugin_Close_FullMethodName && !g.close() {
		return &v1.CloseReply{}, nil
	}
	err = g.pass(ctx, info.FullMethod, func(ctx context.Context) error {
		reply, err = handle(ctx, req)
		return err
	})
	return reply, ToStatus(err)
}

func (g *gate) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if !IsContract(info.FullMethod) {
		return handle(srv, s)
	}
	return ToStatus(g.pass(s.Context(), info.FullMethod, func(ctx context.Context) error {
		return handle(srv, &contextStream{s, ctx})
	}))
}

// contextStream is a stream with another context.
type contextStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *contextStream) Context() context.Context { return s.ctx }

// close cancels the call in hand; it reports whether this is the first Close.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := !g.closed
	g.closed = true
	if g.cancel != nil {
		g.cancel()
	}
	return first
}

// pass runs one call when the one before has ended.
func (g *gate) pass(ctx context.Context, method string, call func(context.Context) error) error {
	select {
	case g.slot <- struct{}{}:
		defer func() { <-g.slot }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err // select may take the slot all the same, after a call that came later
	}
	g.first.Do(g.ready)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := g.enter(method, cancel); err != nil {
		return err
	}
	defer g.enterNone()
	return g.guard(method, func() error { return call(ctx) })
}

func (g *gate) enter(method string, cancel context.CancelFunc) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed && method != v1.Plugin_Close_FullMethodName {
		return contract.Errorf(contract.ErrOrder, "%s was called after Close", path.Base(method))
	}
	g.cancel = cancel
	return nil
}

func (g *gate) enterNone() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cancel = nil
}

// guard turns a panic into an error of one line.
func (g *gate) guard(method string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the plugin panicked in %s: %v (the stack is in its log)", path.Base(method), p)
			g.log.Error().Str("call", path.Base(method)).Str("stack", string(debug.Stack())).Msgf("panic: %v", p)
		}
	}()
	return call()
}
