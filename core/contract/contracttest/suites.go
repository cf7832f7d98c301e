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

// Recommender runs conformance.Recommender with what the plugin itself says of a check
// (contract.Info.Check); fresh makes the plugin that TestMain gave to Main.
func Recommender[P contract.Recommender](t *testing.T, fresh func() P) {
	RecommenderWith(t, fresh, Own(t, fresh()))
}

// RecommenderWith runs conformance.Recommender with a check of the test's own.
func RecommenderWith[P contract.Recommender](t *testing.T, fresh func() P, check contract.Check) {
	bothWays(t, func() contract.Recommender { return fresh() }, check, conformance.Recommender)
}

// Dataset is Recommender for a dataset.
func Dataset[P contract.Dataset](t *testing.T, fresh func() P) {
	DatasetWith(t, fresh, Own(t, fresh()))
}

// DatasetWith is RecommenderWith for a dataset.
func DatasetWith[P contract.Dataset](t *testing.T, fresh func() P, check contract.Check) {
	bothWays(t, func() contract.Dataset { return fresh() }, check, conformance.Dataset)
}

// Backbone is Recommender for a backbone.
func Backbone[P contract.Backbone](t *testing.T, fresh func() P) {
	BackboneWith(t, fresh, Own(t, fresh()))
}

// BackboneWith is RecommenderWith for a backbone.
func BackboneWith[P contract.Backbone](t *testing.T, fresh func() P, check contract.Check) {
	bothWays(t, func() contract.Backbone { return fresh() }, check, conformance.Backbone)
}

// Own is what a plugin itself says of a check.
func Own(t testing.TB, p contract.Plugin) contract.Check {
	t.Helper()
	info, err := p.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.Check
}

// SemanticsOptions fit RecommenderSemantics to a recommender.
type SemanticsOptions = conformance.SemanticsOptions

// RecommenderSemantics runs conformance.RecommenderSemantics.
func RecommenderSemantics(t *testing.T, r contract.Recommender, o SemanticsOptions) {
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
func bothWays[P contract.Plugin](t *testing.T, fresh func() P, check contract.Check, suite func(conformance.T, func(conformance.TB) P, contract.Check)) {
	if os.Getenv(pluginrpc.EnvCookie) != "" {
		t.Fatal("this test runs inside a plugin process: TestMain must call contracttest.Main")
	}
	t.Run("in process", func(t *testing.T) {
		suite(goTest{t}, func(t conformance.TB) P {
			p := fresh()
			t.Cleanup(func() { _ = p.Close(context.Background()) })
			return p
		}, conformance.Laid(goTest{t}, check))
	})
	t.Run("across a process", func(t *testing.T) {
		h := Host(t, host.Options{Threads: 2}, fresh())
		suite(goTest{t}, func(t conformance.TB) P { return launch(t, h, fresh()) }, conformance.Laid(goTest{t}, check))
	})
}
