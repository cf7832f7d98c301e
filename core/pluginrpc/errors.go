package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
	"cllm4rec/core/printable"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxMessageText keeps an error within the header limits of gRPC.
const maxMessageText = 16 << 10

// sentinels are the errors that keep their identity, with their codes: those of
// the contract and the two of package context.
func sentinels() map[string]error {
	all := contract.Sentinels()
	all["canceled"], all["deadline"] = context.Canceled, context.DeadlineExceeded
	return all
}

// ToStatus makes a gRPC status of an error, with every sentinel that it is under.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	detail := &v1.ErrorDetail{Message: clip(err.Error())}
	for code, sentinel := range sentinels() {
		if errors.Is(err, sentinel) {
			detail.Codes = append(detail.Codes, code)
		}
	}
	slices.Sort(detail.Codes)
	s, detailErr := status.New(statusCode(detail.Codes), "the plugin returned an error").WithDetails(detail)
	if detailErr != nil {
		return status.Error(codes.Internal, detail.Message)
	}
	return s.Err()
}

// statusCode is for people who watch the wire; the runner reads the detail.
func statusCode(sentinelCodes []string) codes.Code {
	if len(sentinelCodes) == 0 {
		return codes.Unknown
	}
	switch sentinelCodes[0] {
	case "canceled":
		return codes.Canceled
	case "deadline":
		return codes.DeadlineExceeded
	case "invalid":
		return codes.InvalidArgument
	case "not_found":
		return codes.NotFound
	case "order":
		return codes.FailedPrecondition
	case "unsupported":
		return codes.Unimplemented
	case "out_of_memory":
		return codes.ResourceExhausted
	default:
		return codes.Aborted
	}
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxMessageText {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessageText], "") + fmt.Sprintf(" ... (%d bytes more)", len(text)-maxMessageText)
}

// remoteError is an error that a plugin returned.
type remoteError struct {
	message   string
	sentinels []error
}

func (e *remoteError) Error() string   { return e.message }
func (e *remoteError) Unwrap() []error { return e.sentinels }

// FromStatus is the error that a plugin returned, if err carries one.
func FromStatus(err error) (error, bool) {
	s, ok := status.FromError(err)
	if !ok {
		return nil, false
	}
	for _, d := range s.Details() {
		if detail, ok := d.(*v1.ErrorDetail); ok {
			return fromDetail(detail), true
		}
	}
	return nil, false
}

func fromDetail(detail *v1.ErrorDetail) error {
	e := &remoteError{message: printable.Text(detail.Message)}
	known := sentinels()
	for _, code := range detail.Codes {
		if sentinel, ok := known[code]; ok {
			e.sentinels = append(e.sentinels, sentinel)
		}
	}
	return e
}

// Diagnose words an error of the transport, such as that of a dead process.
type Diagnose func(ctx context.Context, err error) error

// fail is the error of a call as its caller sees it: the caller's own
// cancellation, the plugin's error, or a diagnosis of the transport.
func (d Diagnose) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	remote, ok := FromStatus(err)
	if !ok && status.Code(err) == codes.DeadlineExceeded {
		awaitDeadline(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if ok {
		return remote
	}
	err = &shownError{err} // a plugin in another language puts its own words there
	if d == nil {
		return fmt.Errorf("the call to the plugin failed: %w", err)
	}
	return d(ctx, err)
}

// shownError is an error whose text may be shown.
type shownError struct{ error }

func (e *shownError) Error() string { return printable.Text(e.error.Error()) }
func (e *shownError) Unwrap() error { return e.error }

// awaitDeadline lets the caller's own clock strike: gRPC gives the deadline to
// the server too, whose timer may be a moment early.
func awaitDeadline(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}
