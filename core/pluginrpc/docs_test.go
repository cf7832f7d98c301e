package pluginrpc_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/pluginrpc"
)

// The page for authors in other languages states constants; these are the code's.
func TestTheConstantsOfThePageAreTheCodes(t *testing.T) {
	raw, err := os.ReadFile("../../docs/plugins-in-any-language.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for what, want := range map[string]string{
		"cookie":              fmt.Sprintf("| `%s` | `%s`", pluginrpc.EnvCookie, pluginrpc.Cookie),
		"kind":                fmt.Sprintf("| `%s` | `%s`, `%s` or `%s`", pluginrpc.EnvKind, contract.KindDataset, contract.KindRecommender, contract.KindBackbone),
		"versions":            fmt.Sprintf("| `%s` | `%d` for datasets, `%d` for recommenders, `%d` for backbones", pluginrpc.EnvContract, contract.KindDataset.Version(), contract.KindRecommender.Version(), contract.KindBackbone.Version()),
		"parent":              fmt.Sprintf("| `%s` |", pluginrpc.EnvParent),
		"log level":           fmt.Sprintf("| `%s` |", pluginrpc.EnvLogLevel),
		"pair":                fmt.Sprintf("| `%s` |", pluginrpc.EnvPair),
		"client certificate":  fmt.Sprintf("| `%s` |", pluginrpc.EnvClientCert),
		"exit status":         fmt.Sprintf("status %d", pluginrpc.ExitRefused),
		"message limit":       fmt.Sprintf("%d MiB", pluginrpc.MaxMessage>>20),
		"length of the line":  fmt.Sprintf("%d KiB", pluginrpc.MaxHandshake>>10),
		"name of the service": fmt.Sprintf("`%s` is `SERVING`", pluginrpc.Name),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: the page lacks %q", what, want)
		}
	}
	for code := range contract.Sentinels() {
		if !strings.Contains(page, "`"+code+"`") {
			t.Errorf("the page lacks the code of errors %q", code)
		}
	}
}
