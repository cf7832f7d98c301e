package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/hub"
	"cllm4rec/core/hub/hubtest"
)

// withHub is a shell in a folder of its own with a hub that serves one model.
func withHub(t *testing.T) (*shell, *hubtest.Server, *hubtest.Model) {
	s, server := newShell(t), hubtest.New(t)
	t.Chdir(s.dir)
	t.Setenv("HF_ENDPOINT", server.URL)
	t.Setenv("HF_TOKEN", "")
	t.Setenv("CLLM4REC_MODELS", "")
	m := server.Add("some/model", map[string][]byte{
		"config.json": []byte(`{"model_type": "fakelm"}`), "tokenizer.json": []byte("{}"), "model.safetensors": bytes.Repeat([]byte("weights "), 5000),
	})
	return s, server, m
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestAModelIsGotListedAndVerified(t *testing.T) {
	s, _, m := withHub(t)
	stdout, _ := s.expect(exitDone, "models", "get", "some/model")
	contains(t, stdout, "models/some/model: some/model at commit "+m.Commit[:12]+", 40 kB in 3 files, all checksums right (3 downloaded)\n")
	stdout, _ = s.expect(exitDone, "models", "get", "some/model")
	contains(t, stdout, "(everything was there)")
	stdout, _ = s.expect(exitDone, "models", "get", "some/model", "--to", "elsewhere", "--revision", m.Commit, "--format", "safetensors")
	contains(t, stdout, "elsewhere: some/model at commit ")
	stdout, _ = s.expect(exitDone, "models", "get", "some/model", "--models", filepath.Join(s.dir, "..", "kept"))
	contains(t, stdout, filepath.Join(filepath.Dir(s.dir), "kept", "some", "model")+": some/model at commit ")
	stdout, _ = s.expect(exitDone, "models", "list")
	contains(t, stdout, "models/some/model", "fakelm", m.Commit[:12], "ready")
	if strings.Count(stdout, "fakelm") != 2 {
		t.Errorf("the plugin of that name is not told:\n%s", stdout)
	}
	stdout, _ = s.expect(exitDone, "models", "verify", "models/some/model")
	contains(t, stdout, "models/some/model: some/model at commit ", "all checksums right\n")
	if stdout, _ = s.expect(exitDone, "models"); !strings.Contains(stdout, "verify") {
		t.Errorf("got %s", stdout)
	}
}

func TestWhatIsWrongWithAModelIsExitCode2(t *testing.T) {
	s, server, m := withHub(t)
	s.expect(exitDone, "models", "get", "some/model")
	if err := os.WriteFile(filepath.Join("models/some/model/config.json"), []byte(`{"model_type": "fakeLM"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	server.Add("gated/model", m.Files).Gated = true
	for _, c := range []struct{ args, want string }{
		{"get some/modle", "has no model some/modle"},
		{"get other/model", `did you mean "`},
		{"get some/model --revision mian", `did you mean "main"?`},
		{"get some/model --format safetensor", `did you mean "safetensors"?`},
		{"get some/model --format gguf:x.gguf", "has no file x.gguf"},
		{"get some/model --endpoint hub.example", `the endpoint "hub.example" is no address of a hub`},
		{"get gated/model", "HF_TOKEN"},
		{"get gpt2", "OWNER/NAME"},
		{"get", "get needs one OWNER/NAME, got 0 arguments"},
		{"verify models/some/model", "config.json has another SHA-256"},
		{"verify models/some", "has no " + hub.ManifestName},
		{"verify none", "none is no folder"},
		{"list none", "there is no folder none"},
		{"gte", `did you mean "get"?`},
	} {
		_, stderr := s.expect(exitBadInput, append([]string{"models"}, strings.Fields(c.args)...)...)
		contains(t, stderr, c.want)
		if strings.Count(stderr, "error: ") != 1 {
			t.Errorf("%s: not one message:\n%s", c.args, stderr)
		}
	}
}

func TestAHubThatFailsIsExitCode1(t *testing.T) {
	s, server, _ := withHub(t)
	server.BreakFiles(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte("too short"))
		return true
	})
	_, stderr := s.expect(exitFailure, "models", "get", "some/model")
	contains(t, stderr, "error: some/model: model.safetensors: the server offers 9 bytes, expected 40000")
}

func TestAStoppedDownloadGoesOn(t *testing.T) {
	s, server, _ := withHub(t)
	ctx, stop := context.WithCancel(t.Context())
	server.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		stop()
		<-r.Context().Done()
		return true
	})
	var stderr bytes.Buffer
	if code := execute(ctx, []string{"models", "get", "some/model"}, &bytes.Buffer{}, &stderr); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	contains(t, stderr.String(), "error: stopped by a signal; the same command continues")
	server.BreakFiles(nil)
	stdout, _ := s.expect(exitDone, "models", "get", "some/model")
	contains(t, stdout, "(1 downloaded)")
}
