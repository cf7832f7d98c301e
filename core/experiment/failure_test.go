package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"cllm4rec/core/contract"
)

// failing is a catalogue whose plugin of a name fails when it is described, or resolved.
type failing struct {
	catalogue
	describe, resolve string
	err               error
}

func (f failing) Describe(ctx context.Context, kind contract.Kind, name string) (Plugin, error) {
	if name == f.describe {
		return Plugin{}, f.err
	}
	return f.catalogue.Describe(ctx, kind, name)
}

func (f failing) Resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error) {
	if name == f.resolve {
		return nil, f.err
	}
	return f.catalogue.Resolve(ctx, kind, name, params)
}

const failingFile = `
name: failing
datasets: [{name: S, plugin: synthetic, split: {method: leave_one_out}}]
evaluate: {metrics: [ndcg@10]}
methods:
  - {name: A, recommender: {plugin: ease, params: {lambda: 7}}}
  - {name: B, recommender: {plugin: popularity}}
`

func TestAPluginThatFailsWhileItIsAskedFailsItsRowsAlone(t *testing.T) {
	died := contract.Errorf(contract.ErrDied, "plugin died: signal killed")
	whole, err := Parse(t.Context(), "f.yaml", []byte(failingFile), Options{Plugins: plugins()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []failing{{describe: "ease"}, {resolve: "ease"}, {describe: "synthetic"}, {resolve: "synthetic"}} {
		f.catalogue, f.err = plugins(), died
		if _, err := Parse(t.Context(), "f.yaml", []byte(failingFile), Options{Plugins: f}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "f.yaml:") {
			t.Errorf("%+v: to validate it is %v", f, err)
		}
		p, err := Parse(t.Context(), "f.yaml", []byte(failingFile), Options{Plugins: f, RowsMayFail: true})
		if err != nil {
			t.Errorf("%s%s: %v", f.describe, f.resolve, err)
			continue
		}
		failures := []string{p.Datasets[0].Plugin.Failure, p.Methods[0].Plugin.Failure, p.Methods[1].Plugin.Failure}
		want := []string{"", died.Error(), ""}
		if f.describe+f.resolve == "synthetic" {
			want = []string{died.Error(), "", ""}
		}
		if fmt.Sprint(failures) != fmt.Sprint(want) {
			t.Errorf("%s%s: failures %q", f.describe, f.resolve, failures)
		}
		if p.Trials[0].Key == whole.Trials[0].Key || (p.Trials[1].Key == whole.Trials[1].Key) != (want[0] == "") {
			t.Errorf("%s%s: a trial that fails has the key of one that does not", f.describe, f.resolve)
		}
	}
}

func TestAMachineWithoutRoomIsNoMistakeOfTheFile(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENOSPC} {
		f := failing{catalogue: plugins(), describe: "ease", err: fmt.Errorf("plugin ease did not start: %w", errno)}
		for _, rows := range []bool{true, false} {
			_, err := Parse(t.Context(), "f.yaml", []byte(failingFile), Options{Plugins: f, RowsMayFail: rows})
			if err == nil || contract.IsBadInput(err) || !strings.Contains(err.Error(), "plugin ease did not start") {
				t.Errorf("%v, rows may fail %v: got %v", errno, rows, err)
			}
		}
	}
}
