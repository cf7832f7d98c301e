package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// errStalled ends a connection on which nothing arrives.
var errStalled = errors.New("the server fell silent")

// Answer is a response whose body fails when nothing arrives for a while.
type Answer struct {
	*http.Response
	stall time.Duration
	timer *time.Timer
	ctx   context.Context
	end   context.CancelCauseFunc
}

// Ask asks for an address. Any status but 200, 206 and 416 is a *Refused; an error that
// may pass is marked as such for Persist.
func (c *Client) Ask(ctx context.Context, at string, header http.Header) (*Answer, error) {
	ctx, end := context.WithCancelCause(ctx)
	a := &Answer{stall: c.patience.Stall, ctx: ctx, end: end}
	a.timer = time.AfterFunc(a.stall, func() { end(errStalled) })
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		a.Close()
		return nil, err
	}
	for key := range header {
		request.Header.Set(key, header.Get(key))
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "cllm4rec")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if a.Response, err = c.http.Do(request); err != nil {
		err = Passing(a.explain(err))
		a.Close()
		return nil, err
	}
	switch a.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		return a, nil
	}
	defer a.Close()
	return nil, c.refusal(a)
}

// Read reads the body.
func (a *Answer) Read(p []byte) (int, error) {
	n, err := a.Body.Read(p)
	a.timer.Reset(a.stall)
	if err != nil && err != io.EOF {
		err = a.explain(err)
	}
	return n, err
}

// explain tells silence from a cancelled context.
func (a *Answer) explain(err error) error {
	if cause := context.Cause(a.ctx); errors.Is(cause, errStalled) {
		return fmt.Errorf("%w for %s", errStalled, a.stall)
	}
	var u *url.Error
	if errors.As(err, &u) { // without the URL: one of a redirect may hold a signature
		err = u.Err
	}
	return err
}

// Close ends the connection.
func (a *Answer) Close() {
	a.timer.Stop()
	a.end(nil)
	if a.Response != nil {
		_ = a.Body.Close()
	}
}

// redirect lets a file come from another host, but never takes the token there,
// nor from an encrypted to a plain connection.
func redirect(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("redirected 10 times")
	}
	first := via[0].URL
	if first.Scheme == "https" && next.URL.Scheme != "https" {
		return &settled{fmt.Errorf("the server redirects to %s, which is not encrypted", next.URL.Host)}
	}
	for _, r := range slices.Concat(via, []*http.Request{next}) {
		if r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
			next.Header.Del("Authorization")
		}
	}
	return nil
}

// settled is an error that no further attempt mends.
type settled struct{ error }

func (s *settled) Unwrap() error { return s.error }

// transient is an error that a further attempt may mend.
type transient struct {
	error
	after time.Duration // that the server asks to wait; 0 does not say
}

func (t *transient) Unwrap() error { return t.error }

// Passing marks err as one that a further attempt may mend, unless it can be seen to stay.
func Passing(err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch _, stays := errors.AsType[*settled](err); {
	case stays, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &name) && name.IsNotFound, errors.As(err, &certificate):
		return err
	case strings.Contains(err.Error(), "unsupported protocol scheme"), strings.Contains(err.Error(), "gave HTTP response to HTTPS client"):
		return err
	}
	return &transient{error: err}
}

// Persist tries until it succeeds, or fails for good, or fails too often in a
// row; a try that moved something starts the count anew.
func (c *Client) Persist(ctx context.Context, what string, try func() (moved bool, err error)) error {
	for failures := 1; ; failures++ {
		moved, err := try()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		t, again := errors.AsType[*transient](err)
		if !again {
			return fmt.Errorf("%s: %w", what, err)
		}
		if moved {
			failures = 1
		}
		wait := max(t.after, min(c.patience.Wait<<(failures-1), c.patience.MaxWait/10))
		if failures >= c.patience.Attempts {
			return fmt.Errorf("%s: %w; given up after %d attempts in a row, the same command goes on from here", what, err, failures)
		}
		if wait > c.patience.MaxWait {
			return fmt.Errorf("%s: %w; it asks to wait %s: try again then", what, err, wait.Round(time.Second))
		}
		c.note("%s: %v; trying again in %s", what, err, wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
