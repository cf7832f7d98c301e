package python_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/host"
)

// broken starts a plugin that breaks one promise, and checks it.
func broken(t *testing.T, fault, only string) string {
	t.Helper()
	code, err := os.ReadFile("testdata/broken/plugin.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := "kind: recommender\nname: broken\ncontract: 2\ncommand: [python3, plugin.py, " + fault + "]\nfiles: [plugin.py]\nenvironment: [PYTHONPATH]\n"
	for name, content := range map[string]string{"plugin.py": string(code), "plugin.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, err := host.Open(host.Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close(t.Context()) }()
	r, err := h.Launch(t.Context(), contract.KindRecommender, "broken")
	if err != nil {
		return err.Error()
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	var words []string
	suite := func(t conformance.T) {
		conformance.Plugin(t, h, contract.KindRecommender, "broken", contract.Check{})
	}
	for _, o := range conformance.Run(t.Context(), only, suite, func(conformance.Outcome) {}) {
		if o.Failed {
			words = append(words, fmt.Sprintf("%s: %s", o.Name, strings.Join(o.Words, "; ")))
		}
	}
	return strings.Join(words, "\n")
}

func TestTheCheckSaysWhichPromiseAPluginBreaks(t *testing.T) {
	python(t)
	for fault, c := range map[string]struct{ only, words string }{
		"print":      {"", `did not shake hands: its first line on stdout is "Loading the model ..."`},
		"version":    {"", `its handshake has contract version "7", expected 2`},
		"name":       {"", `says that it is the recommender plugin "other"`},
		"strangers":  {"nobody else", "a client with no certificate is served: require a client certificate"},
		"outlives":   {"runner has ended", "it lives 10s after its runner: read from the descriptor that CLLM4REC_PLUGIN_PARENT names"},
		"health":     {"health", "does not say that the service \"plugin\" is SERVING"},
		"interrupt":  {"SIGINT", "after SIGINT, which Ctrl-C sends to the whole terminal"},
		"parameters": {"unknown keys", "want an ErrInvalid that names both"},
		"remembers":  {"second Configure", `want "called out of order"`},
		"random":     {"two runs", "two runs: ranking 0 differs"},
		"popularity": {"two tastes", "the recall of held-out items of the two tastes is"},
		"nan":        {"valid", "the score of item 3 is nan"},
		"batch":      {"beside it", "alone and together: ranking"},
		"ties":       {"tie rule", "pairs of equal scores changes places with the tie rule and its seed"},
		"order":      {"valid", "rises at position"},
		"twice":      {"valid", "twice"},
	} {
		if got := broken(t, fault, c.only); !strings.Contains(got, c.words) {
			t.Errorf("%s: the check says\n%s\nwant %q", fault, got, c.words)
		}
	}
	if got := broken(t, "none", "valid"); got != "" {
		t.Errorf("a plugin that breaks none: %s", got)
	}
}
