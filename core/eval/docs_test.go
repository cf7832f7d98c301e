package eval

import (
	"os"
	"strings"
	"testing"
)

func TestTheDocumentsListEveryMetricWithItsFormula(t *testing.T) {
	raw, err := os.ReadFile("../../docs/records.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), `\|`, "|")
	for _, f := range families {
		if !strings.Contains(text, "`"+f.name+"`") || !strings.Contains(text, "| "+strings.ReplaceAll(f.formula, "{k}", "k")+" |") {
			t.Errorf("docs/records.md lacks %s = %s", f.name, f.formula)
		}
	}
}
