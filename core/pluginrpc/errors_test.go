package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cllm4rec/core/contract"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestEverySentinelSurvivesTheBorder(t *testing.T) {
	for code, sentinel := range sentinels() {
		back, ok := FromStatus(ToStatus(fmt.Errorf("reading row 7: %w", sentinel)))
		if !ok || !errors.Is(back, sentinel) || !strings.HasPrefix(back.Error(), "reading row 7: ") {
			t.Errorf("%s became %v", code, back)
		}
		for other, s := range sentinels() {
			if other != code && errors.Is(back, s) {
				t.Errorf("%s is also %s", code, other)
			}
		}
	}
}

func TestJoinedSentinelsAllSurvive(t *testing.T) {
	back, _ := FromStatus(ToStatus(errors.Join(contract.Errorf(contract.ErrInvalid, "a"), contract.Errorf(contract.ErrNotFound, "b"))))
	if !errors.Is(back, contract.ErrInvalid) || !errors.Is(back, contract.ErrNotFound) || back.Error() != "a\nb" {
		t.Errorf("became %v", back)
	}
}

func TestAnErrorUnderNoSentinelKeepsItsMessageOnly(t *testing.T) {
	back, ok := FromStatus(ToStatus(errors.New("plain")))
	if !ok || back.Error() != "plain" {
		t.Errorf("became %v", back)
	}
	for _, s := range sentinels() {
		if errors.Is(back, s) {
			t.Errorf("is %v", s)
		}
	}
}

func TestControlCharactersInAnErrorAreQuoted(t *testing.T) {
	err, _ := FromStatus(ToStatus(contract.Errorf(contract.ErrInvalid, "no item \x1b[31m\u202e\nsecond line")))
	if want := `no item \x1b[31m\u202e` + "\nsecond line"; err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestTheWordsOfAForeignStatusAreQuoted(t *testing.T) {
	err := Diagnose(nil).fail(t.Context(), status.Error(codes.Internal, "boom \x1b[31m"))
	if !strings.Contains(err.Error(), `boom \x1b[31m`) || status.Code(err) != codes.Internal {
		t.Errorf("got %q", err)
	}
}

func TestLongAndBrokenMessagesAreCutNotLost(t *testing.T) {
	back, ok := FromStatus(ToStatus(errors.New("head \xff " + strings.Repeat("ü", 1<<20))))
	if !ok || !strings.HasPrefix(back.Error(), "head \uFFFD ü") || !strings.HasSuffix(back.Error(), "bytes more)") || len(back.Error()) > 2*maxMessageText {
		t.Errorf("became %.80s...", back)
	}
}

func TestTransportErrorsAreDiagnosedAndTheCallersCancellationWins(t *testing.T) {
	diagnosed := errors.New("diagnosed")
	d := Diagnose(func(context.Context, error) error { return diagnosed })
	if err := d.fail(t.Context(), errors.New("EOF")); !errors.Is(err, diagnosed) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.fail(ctx, errors.New("EOF")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Diagnose(nil).fail(t.Context(), errors.New("EOF")); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Error(err)
	}
}

func TestHandshakeRefusals(t *testing.T) {
	env := map[string]string{EnvCookie: Cookie, EnvKind: "recommender", EnvContract: "2"}
	getenv := func(k string) string { return env[k] }
	if err := CheckHandshake(contract.KindRecommender, "ease", getenv); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]string{
		EnvContract: `ease was built for version 2 of the recommender contract, the runner speaks version 0`,
		EnvKind:     `ease is a recommender plugin, but the runner expected a 0 plugin`,
		EnvCookie:   "ease is a recommender plugin of cllm4rec: the runner starts it",
	} {
		old := env[key]
		env[key] = "0"
		if err := CheckHandshake(contract.KindRecommender, "ease", getenv); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", key, err)
		}
		env[key] = old
	}
}

func FuzzSpans(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 4)
	f.Add([]byte{255, 0, 255}, 1)
	f.Fuzz(func(t *testing.T, sizes []byte, limit int) {
		next := 0
		for s, err := range spans(len(sizes), limit, func(i int) int { return int(sizes[i]) }) {
			bytes := 0
			for _, x := range sizes[s.Lo:s.Hi] {
				bytes += int(x)
			}
			if err != nil || s.Lo != next || s.Hi <= s.Lo || bytes > limit && s.Hi > s.Lo+1 {
				t.Fatalf("span %v of %d bytes after %d, error %v", s, bytes, next, err)
			}
			next = s.Hi
		}
		if next != len(sizes) {
			t.Fatalf("spans end at %d of %d", next, len(sizes))
		}
	})
}
