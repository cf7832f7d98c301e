// Package python_test holds the Python SDK against the runner: the conformance suite over
// its examples, what becomes of a plugin's troubles, and that its copies are current.
package python_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
	"cllm4rec/core/manifest"
)

// python makes PEER_PYTHON, or else python3, what plugins find as python3, with the SDK of
// this folder. It installs nothing.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("PEER_PYTHON")
	if name == "" {
		name = "python3"
	}
	path, err := exec.LookPath(name)
	if err == nil {
		err = exec.Command(path, "-c", "import grpc, numpy, google.protobuf").Run()
	}
	if err != nil {
		t.Skipf("NOT PROVED HERE: that plugins in Python keep the contract. %s has not all of grpcio, protobuf and numpy (%v); set PEER_PYTHON to an interpreter that has", name, err)
	}
	self, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := "#!/bin/sh\nexec '" + path + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("PYTHONPATH", self)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	return path
}

func open(t *testing.T, dirs ...string) *host.Host {
	t.Helper()
	h, err := host.Open(host.Options{Dirs: dirs, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestTheExamplesKeepTheContract(t *testing.T) {
	python(t)
	for _, dir := range []string{"examples/cooccurrence", "examples/factors", "examples/lines", "examples/transitions"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, err := manifest.Load(filepath.Join(dir, manifest.File))
			if err != nil {
				t.Fatal(err)
			}
			check, err := m.Checked()
			if err != nil {
				t.Fatal(err)
			}
			conformance.Plugin(contracttest.T(t), open(t, dir), m.Kind, m.Name, check)
		})
	}
}

// trouble starts the plugin that gets into trouble.
func trouble(t *testing.T, what string) *host.Running[contract.Recommender] {
	t.Helper()
	r, err := open(t, "testdata/trouble").Recommender(t.Context(), "trouble", json.RawMessage(`{"what": "`+what+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fit(ctx context.Context, r *host.Running[contract.Recommender], progress contract.OnProgress) error {
	spec := contract.FitSpec{Users: conformance.SuiteUsers, Items: conformance.SuiteItems, Seed: 1}
	return r.Plugin.Fit(ctx, spec, conformance.Stream(conformance.TrainingSet()), progress)
}

func TestWhatAPluginPrintsIsALineOfTheLog(t *testing.T) {
	python(t)
	r := trouble(t, "none")
	if err := fit(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(r.StderrTail(), "\n")
	for _, want := range []string{"printed before the SDK is there", "printed before the handshake", "written to descriptor 1", "printed in fit"} {
		if !strings.Contains(words, want) {
			t.Errorf("the log lacks %q:\n%s", want, words)
		}
	}
	rankings, err := r.Plugin.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: 0, K: 3}})
	if err != nil || len(rankings) != 1 || rankings[0].Items[2] != 2 {
		t.Errorf("64-bit items: %+v, error %v", rankings, err)
	}
}

func TestATroubleOfAPluginIsToldInWords(t *testing.T) {
	python(t)
	for what, c := range map[string]struct {
		sentinel error
		words    []string
	}{
		"exception": {nil, []string{"Fit failed: RuntimeError: the matrix is upside down", "plugin.py, line", "raise RuntimeError"}},
		"package":   {contract.ErrNotFound, []string{`needs the Python package "no_such_package"`, "-m pip install no_such_package"}},
		"memory":    {contract.ErrOutOfMemory, []string{"Fit failed"}},
		"segfault":  {contract.ErrDied, []string{"segmentation fault", "the last words"}},
	} {
		err := fit(t.Context(), trouble(t, what), nil)
		if err == nil || c.sentinel != nil && !errors.Is(err, c.sentinel) || c.sentinel == nil && contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want %v", what, err, c.sentinel)
			continue
		}
		for _, want := range c.words {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", what, err, want)
			}
		}
	}
}

func TestACancelledTrainingEndsAtItsNextProgress(t *testing.T) {
	python(t)
	r := trouble(t, "slow")
	ctx, cancel := context.WithCancel(t.Context())
	if err := fit(ctx, r, func(contract.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	began := time.Now()
	if err := r.Stop(t.Context()); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("stopped after %s with %v", time.Since(began), err)
	}
}

// A runner that is killed closes the pipe; nothing of the plugin may be left: no forked
// worker, and not the plugin while an extension keeps Python's lock.
func TestNothingOfAPluginOutlivesItsRunner(t *testing.T) {
	python(t)
	for _, what := range []string{"workers", "lock"} {
		h := open(t, "testdata/trouble")
		r, probe, err := h.Probed(t.Context(), contract.KindRecommender, "trouble")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plugin.Configure(t.Context(), json.RawMessage(`{"what": "`+what+`"}`)); err != nil {
			t.Fatal(err)
		}
		working, done := make(chan struct{}), make(chan error, 1)
		go func() {
			recommender := &host.Running[contract.Recommender]{Plugin: r.Plugin.(contract.Recommender)}
			done <- fit(t.Context(), recommender, func(contract.Progress) { close(working) })
		}()
		select {
		case <-working:
		case err := <-done:
			t.Fatalf("%s: Fit ended with %v", what, err)
		}
		time.Sleep(time.Second) // then the lock is kept
		probe.Orphan()
		if !probe.Ended(t.Context(), 10*time.Second) {
			t.Errorf("%s: the plugin lives", what)
		}
		if !gone(-r.PID(), 10*time.Second) {
			t.Errorf("%s: its group has processes left", what)
		}
		if err := <-done; !errors.Is(err, contract.ErrDied) {
			t.Errorf("%s: Fit ended with %v", what, err)
		}
		probe.Discard()
	}
}

// gone waits for the end of a process, or of a group where the number is negative.
func gone(number int, within time.Duration) bool {
	for began := time.Now(); time.Since(began) < within; time.Sleep(20 * time.Millisecond) {
		if errors.Is(syscall.Kill(number, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}

func TestPythonsOwnTests(t *testing.T) {
	path := python(t)
	if exec.Command(path, "-c", "import pytest").Run() != nil {
		t.Skipf("NOT PROVED HERE: the Python SDK's own tests; %s has no pytest", path)
	}
	if out, err := exec.Command(path, "-m", "pytest", "-q", "-p", "no:cacheprovider").CombinedOutput(); err != nil {
		t.Errorf("pytest: %v\n%s", err, out)
	}
}

// The README and the page show the first example as it is.
func TestTheExampleOfTheDocumentsIsTheFirstExample(t *testing.T) {
	code, err := os.ReadFile("examples/cooccurrence/plugin.py")
	text, textErr := os.ReadFile("examples/cooccurrence/plugin.yaml")
	if err := errors.Join(err, textErr); err != nil {
		t.Fatal(err)
	}
	if lines := len(strings.FieldsFunc(string(code), func(r rune) bool { return r == '\n' })); lines > 22 {
		t.Errorf("the example has %d lines with something in them", lines)
	}
	for _, path := range []string{"../README.md", "../docs/plugins-in-any-language.md"} {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page, slices.Concat([]byte("```python\n"), code, []byte("```\n"))) || !bytes.Contains(page, slices.Concat([]byte("```yaml\n"), text, []byte("```\n"))) {
			t.Errorf("%s does not show python/examples/cooccurrence as it is", path)
		}
	}
}

func TestTheImageOfTheProtosIsCurrent(t *testing.T) {
	want, err := os.ReadFile("../core/pluginrpc/v1/contract.binpb")
	got, gotErr := os.ReadFile("cllm4rec/contract.binpb")
	if err := errors.Join(err, gotErr); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("python/cllm4rec/contract.binpb is not core/pluginrpc/v1/contract.binpb: make proto")
	}
}

// What ships as a folder is where its manifest says, and installs the same packages tomorrow.
func TestThePluginsThatShipInPythonArePinned(t *testing.T) {
	paths, err := filepath.Glob("../plugins/*/*/" + manifest.File)
	if err != nil || len(paths) == 0 {
		t.Fatalf("found %v, error %v", paths, err)
	}
	for _, path := range paths {
		m, err := manifest.Load(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if at := filepath.Join("..", "plugins", host.Folder(m.Kind), m.Name, manifest.File); at != path {
			t.Errorf("%s is of the %s plugin %s", path, m.Kind, m.Name)
		}
		if m.Install == nil || len(m.Packages) == 0 || m.Contract != m.Kind.Version() {
			t.Errorf("%s has no install section, no packages, or another contract", path)
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir(), m.Install.Requirements))
		if err != nil {
			t.Fatal(err)
		}
		for requirement := range strings.SplitSeq(strings.ReplaceAll(string(text), "\\\n", " "), "\n") {
			requirement = strings.TrimSpace(requirement)
			if requirement != "" && requirement[0] != '#' && (!strings.Contains(requirement, "==") || !strings.Contains(requirement, "--hash=sha256:")) {
				t.Errorf("%s: %q has no version or no checksum", path, requirement)
			}
		}
	}
}
