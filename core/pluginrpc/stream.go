package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
	"cllm4rec/core/printable"

	"google.golang.org/grpc"
)

// turns makes the caller's iterator and its progress function run one at a
// time, as they would in one process, although two goroutines call them.
type turns struct{ sync.Mutex }

// upload sends requests while it hands replies to receive. It returns when the
// plugin ended the call and the iterator has stopped. An error of the iterator
// cancels the call; the end of the call, early or not, stops the iterator at
// its next element.
func upload[Req, Rep any](ctx context.Context, d Diagnose, t *turns,
	open func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Req, Rep], error),
	requests iter.Seq2[*Req, error], receive func(*Rep),
) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := open(inner)
	if err != nil {
		return d.fail(ctx, err)
	}
	sent := make(chan error, 1)
	go func() {
		err := send(inner, t, stream, requests)
		if err != nil {
			cancel()
		}
		sent <- err
	}()
	received := drain(stream, receive)
	cancel()
	if err := <-sent; err != nil && ctx.Err() == nil {
		return err
	}
	return d.fail(ctx, received)
}

// send returns the iterator's error, or that of a message which cannot be
// encoded; an error of the connection is the receiver's to tell.
func send[Req, Rep any](ctx context.Context, t *turns, stream grpc.BidiStreamingClient[Req, Rep], requests iter.Seq2[*Req, error]) error {
	t.Lock()
	defer t.Unlock()
	for req, err := range requests {
		if err != nil {
			return err
		}
		t.Unlock()
		err = stream.Send(req)
		t.Lock()
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("send to the plugin: %w", err)
		}
	}
	_ = stream.CloseSend() // its error is the stream's, which Recv reports
	return nil
}

// receiver is the reading half of a stream.
type receiver[T any] interface{ Recv() (*T, error) }

// drain reads to the end of a stream.
func drain[Rep any](stream receiver[Rep], receive func(*Rep)) error {
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		receive(reply)
	}
}

// reply is what all streamed replies have: progress, or else the result.
type reply interface{ GetProgress() *v1.Progress }

// onReply hands progress on and keeps the result.
func onReply[Rep reply](t *turns, progress contract.OnProgress, result func(Rep)) func(Rep) {
	return func(r Rep) {
		p := r.GetProgress()
		if p == nil {
			result(r)
			return
		}
		t.Lock()
		defer t.Unlock()
		progress.Report(progressFromWire(p))
	}
}

func progressToWire(p contract.Progress) *v1.Progress {
	w := &v1.Progress{Stage: p.Stage, Done: p.Done, Total: p.Total, Unit: p.Unit, Tokens: p.Tokens}
	if !math.IsNaN(p.Loss) {
		w.Loss = &p.Loss
	}
	return w
}

func progressFromWire(w *v1.Progress) contract.Progress {
	p := contract.Progress{
		Stage: printable.Line(w.Stage), Done: w.Done, Total: w.Total, Unit: printable.Line(w.Unit), Loss: math.NaN(), Tokens: w.Tokens,
	}
	if w.Loss != nil {
		p.Loss = *w.Loss
	}
	return p
}

// noResult is the error of a call that ended well but without its result.
func noResult(call string, missing bool, err error) error {
	if err != nil || !missing {
		return err
	}
	return contract.Errorf(contract.ErrBadData, "the plugin ended %s without a result", call)
}

// reporter sends progress from any goroutine of the plugin until the call ends.
type reporter struct {
	mu   sync.Mutex
	send func(*v1.Progress) error
}

func (r *reporter) report(p contract.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.send != nil {
		// A lost connection ends the call through its context.
		_ = r.send(progressToWire(p))
	}
}

// stop ends reporting; afterwards the stream is the caller's alone.
func (r *reporter) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send = nil
}

// download is the plugin's view of an upload: an iterator that can be read once.
func download[Req any, T any](ctx context.Context, stream receiver[Req], open func(*Req) (T, error)) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var none T
		if used {
			yield(none, contract.Errorf(contract.ErrOrder, "the stream was read before; it can be read once"))
			return
		}
		used = true
		for {
			req, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(none, streamError(ctx, err))
				return
			}
			chunk, err := open(req)
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}
}

// streamError prefers the reason of the context, which says that the runner
// gave up, to the transport's own words.
func streamError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("read from the runner: %w", err)
}
