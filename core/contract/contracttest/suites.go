package contracttest

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/pluginrpc"
)

// The options of the suites.
type (
	RecommenderOptions = conformance.RecommenderOptions
	DatasetOptions     = conformance.DatasetOptions
	BackboneOptions    = conformance.BackboneOptions
)

// Recommender runs conformance.Recommender; fresh makes the plugin that TestMain gave to Main.
func Recommender(t *testing.T, fresh func() contract.Recommender, o RecommenderOptions) {
	bothWays(t, fresh, func(t conformance.T, fresh func(conformance.TB) contract.Recommender) {
		conformance.Recommender(t, fresh, o)
	})
}

// Dataset runs conformance.Dataset; fresh makes the plugin that TestMain gave to Main.
func Dataset(t *testing.T, fresh func() contract.Dataset, o DatasetOptions) {
	bothWays(t, fresh, func(t conformance.T, fresh func(conformance.TB) contract.Dataset) { conformance.Dataset(t, fresh, o) })
}

// Backbone runs conformance.Backbone; fresh makes the plugin that TestMain gave to Main.
func Backbone(t *testing.T, fresh func() contract.Backbone, o BackboneOptions) {
	bothWays(t, fresh, func(t conformance.T, fresh func(conformance.TB) contract.Backbone) { conformance.Backbone(t, fresh, o) })
}

// RecommenderSemantics runs conformance.RecommenderSemantics.
func RecommenderSemantics(t *testing.T, r contract.Recommender, o RecommenderOptions) {
	t.Helper()
	conformance.RecommenderSemantics(t, r, o)
}

// DatasetGolden runs conformance.DatasetGolden.
func DatasetGolden(t *testing.T, d contract.Dataset, params json.RawMessage, goldens map[int]string) {
	t.Helper()
	conformance.DatasetGolden(t, d, params, goldens)
}

// Configured is a plugin with these parameters.
func Configured[P contract.Plugin](t testing.TB, p P, params map[string]any) P {
	t.Helper()
	return conformance.Configured(t, p, params)
}

// TrainingSet is conformance.TrainingSet.
func TrainingSet() *contract.TrainChunk { return conformance.TrainingSet() }

// T makes a test of the go command one of the suites.
func T(t *testing.T) conformance.T { return goTest{t} }

type goTest struct{ *testing.T }

// Run runs a check as a test of its own.
func (t goTest) Run(name string, check func(conformance.T)) bool {
	return t.T.Run(name, func(t *testing.T) { check(goTest{t}) })
}

// bothWays runs a suite in process and across a process; fresh makes a plugin that is not
// configured.
func bothWays[P contract.Plugin](t *testing.T, fresh func() P, suite func(t conformance.T, fresh func(conformance.TB) P)) {
	if os.Getenv(pluginrpc.EnvCookie) != "" {
		t.Fatal("this test runs inside a plugin process: TestMain must call contracttest.Main")
	}
	t.Run("in process", func(t *testing.T) {
		suite(goTest{t}, func(t conformance.TB) P {
			p := fresh()
			t.Cleanup(func() { _ = p.Close(context.Background()) })
			return p
		})
	})
	t.Run("across a process", func(t *testing.T) {
		h := Host(t, host.Options{Threads: 2}, fresh())
		suite(goTest{t}, func(t conformance.TB) P { return launch(t, h, fresh()) })
	})
}
