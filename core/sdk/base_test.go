package sdk

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

type params struct {
	Low  int `json:"low" jsonschema:"default=1,minimum=0"`
	High int `json:"high" jsonschema:"default=5"`
}

func base() *Base[params] {
	b := NewBase[params](contract.Info{Kind: contract.KindRecommender, Name: "x", Version: "1.0.0", Summary: "a test"})
	b.Check = func(p params) error {
		if p.Low > p.High {
			return errors.New("low: must not exceed high")
		}
		return nil
	}
	return &b
}

func TestInfoHasContractVersionAndSchema(t *testing.T) {
	i, err := base().Info(t.Context())
	if err != nil || i.ContractVersion != contract.KindRecommender.Version() || len(schema.Check(i.Schema, map[string]any{"low": 2})) != 0 {
		t.Errorf("info %+v, error %v", i, err)
	}
}

func TestInfoOfWrongTagsIsAnError(t *testing.T) {
	b := NewBase[struct {
		X int `json:"x" jsonschema:"min=3"`
	}](contract.Info{Kind: contract.KindDataset, Name: "bad"})
	if _, err := b.Info(t.Context()); err == nil || !strings.Contains(err.Error(), "plugin bad") || !strings.Contains(err.Error(), `unknown word "min"`) {
		t.Errorf("error %v", err)
	}
}

func TestConfigureKeepsTheLastGoodParameters(t *testing.T) {
	b := base()
	if err := b.Configured("Fit"); !errors.Is(err, contract.ErrOrder) || err.Error() != "Fit was called before Configure" {
		t.Errorf("before Configure: %v", err)
	}
	resolved, err := b.Configure(t.Context(), json.RawMessage(`{"low":2}`))
	if err != nil || string(resolved) != `{"high":5,"low":2}` || b.Params() != (params{2, 5}) {
		t.Errorf("resolved %s, params %+v, error %v", resolved, b.Params(), err)
	}
	for _, wrong := range []string{`{"low":9}`, `{"low":-1}`, `{"lo":1}`} {
		if _, err := b.Configure(t.Context(), json.RawMessage(wrong)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "lo") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if err := b.Configured("Fit"); err != nil || b.Params().Low != 2 {
		t.Errorf("after wrong parameters: %+v, %v", b.Params(), err)
	}
}

func TestCheckMayChooseItsSentinel(t *testing.T) {
	b := base()
	b.Check = func(params) error { return contract.Errorf(contract.ErrUnsupported, "no CUDA here") }
	if _, err := b.Configure(t.Context(), nil); !errors.Is(err, contract.ErrUnsupported) || errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestTheHandshakeIsFoundBehindOtherText(t *testing.T) {
	for line, want := range map[string]bool{
		"1|1|unix|/tmp/s|grpc|abc\n":                  true,
		"noise 1|12|tcp|127.0.0.1:5|grpc|\n":          true,
		"1|2|noise of main\n":                         false,
		"1|1|unix|/tmp/s|netrpc|\n":                   false,
		"1|1|unix|/tmp/s|grpc|abc and more|columns\n": false,
	} {
		if got := handshake.MatchString(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestOnlyTheHandshakeReachesTheRunner(t *testing.T) {
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		return r, w
	}
	stdout, in := pipe()
	toRunner, handshakeEnd := pipe()
	toLog, logEnd := pipe()
	_, _ = in.WriteString("hello\nnoise without an end1|1|unix|/tmp/s|grpc|abc\n1|1|unix|/again|grpc|abc\ntail")
	_ = in.Close()
	descriptors{handshake: handshakeEnd, log: logEnd}.forward(stdout)
	_, _ = handshakeEnd.Close(), logEnd.Close()
	runner, err1 := io.ReadAll(toRunner)
	log, err2 := io.ReadAll(toLog)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if string(runner) != "1|1|unix|/tmp/s|grpc|abc\n" || string(log) != "hello\nnoise without an end\n1|1|unix|/again|grpc|abc\ntail" {
		t.Errorf("the runner reads %q, the log %q", runner, log)
	}
}
