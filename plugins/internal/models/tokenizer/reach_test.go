package tokenizer

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// cut keeps so many of the lines of merges.txt, the "#version" line among them.
func cut(t *testing.T, lines func(n int) int) string {
	t.Helper()
	dir := beside(t, "testdata/small", map[string]string{})
	path := filepath.Join(dir, MergesName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.SplitAfter(string(text), "\n")
	if err := os.WriteFile(path, []byte(strings.Join(all[:lines(len(all))], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMergesThatAreCutShortAreRefused(t *testing.T) {
	for name, lines := range map[string]func(int) int{
		"empty": func(int) int { return 0 }, "only its first line": func(int) int { return 1 }, "cut in half": func(n int) int { return n / 2 },
		"without its last tenth": func(n int) int { return n - n/10 },
	} {
		_, err := Load(cut(t, lines))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "merges.txt: ") || !strings.Contains(err.Error(), "can be made by no merge") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(cut(t, func(n int) int { return n })); err != nil {
		t.Errorf("whole: %v", err)
	}
}

// The same in tokenizer.json, of the byte-level and of the other kind of BPE.
func TestATokenizerJSONWithoutItsMergesIsRefused(t *testing.T) {
	for _, name := range []string{"bytes", "smollm", "llama3", "qwen2", "sp-new"} {
		text, err := os.ReadFile(filepath.Join("testdata", "pipelines", name, JSONName))
		if err != nil {
			t.Fatal(err)
		}
		var whole map[string]any
		if err := json.Unmarshal(text, &whole); err != nil {
			t.Fatal(err)
		}
		whole["model"].(map[string]any)["merges"] = []string{}
		if text, err = json.Marshal(whole); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, JSONName), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "model.merges: ") || !strings.Contains(err.Error(), "no merge") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
