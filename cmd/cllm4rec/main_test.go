package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cllm4rec/core/blas/probe"
	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func fakes() []contract.Plugin {
	return []contract.Plugin{contracttest.NewFakeDataset(), contracttest.NewFakeRecommender(), contracttest.NewFakeBackbone(), contracttest.NewFakeEpochs(), contracttest.NewReadingBackbone()}
}

// envProgram makes this test binary the program itself. Plugins do not inherit it.
const envProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	probe.Main()
	if os.Getenv(envProgram) != "" {
		main()
	}
	if until := os.Getenv(envDraws); until != "" {
		drawForATest(until)
		return
	}
	contracttest.Main(m, fakes()...)
}

const fakePlan = `
name: fakes
datasets: [{name: Tastes, plugin: fakedata, split: {method: ratio, validation: 0.2, test: 0.2}}]
evaluate: {metrics: [recall@5]}
methods:
  - {name: Popular, recommender: {plugin: fakerec}}
  - {name: Heavy, recommender: {plugin: fakerec, params: {weight: 2}}}
table: {against: Popular}
`

// shell runs command lines in a folder of their own.
type shell struct {
	t       testing.TB
	plugins string
	dir     string
}

func newShell(t testing.TB) *shell {
	t.Setenv(envStore, t.TempDir())
	return &shell{t, contracttest.PluginDir(t, fakes()...), t.TempDir()}
}

func (s *shell) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *shell) do(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	code = execute(s.t.Context(), append(args, "--plugins", s.plugins), &out, &errs)
	return code, out.String(), errs.String()
}

func (s *shell) expect(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	code, stdout, stderr := s.do(args...)
	if code != want {
		s.t.Fatalf("%v: exit code %d, want %d\n%s\n%s", args, code, want, stdout, stderr)
	}
	if strings.Contains(stderr, "goroutine") {
		s.t.Fatalf("%v: a stack trace:\n%s", args, stderr)
	}
	return stdout, stderr
}

func TestRunThenTableThenRunAgain(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	stdout, _ := s.expect(exitDone, "run", plan, "--out", out)
	if !strings.Contains(stdout, "Popular") || !strings.Contains(stdout, "2 trials run, 0 found finished, 0 failed. Records: "+out) {
		t.Errorf("got\n%s", stdout)
	}
	csv, _ := s.expect(exitDone, "table", out, "--format", "csv")
	if !strings.HasPrefix(csv, "dataset,method,metric,mean,ci_low,ci_high,seeds\nTastes,Popular,recall@5,0.") {
		t.Errorf("got\n%s", csv)
	}
	for _, format := range []string{"terminal", "md", "latex", "json"} {
		if text, _ := s.expect(exitDone, "table", out, "--format", format); !strings.Contains(text, "Heavy") || strings.Contains(text, "\x1b") {
			t.Errorf("%s: got\n%s", format, text)
		}
	}
	if stdout, _ = s.expect(exitDone, "run", plan, "--out", out, "--log-json"); !strings.Contains(stdout, "0 trials run, 2 found finished") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "plan", plan, "--out", out); !strings.Contains(stdout, "2 trials, 0 to run: nothing to do") {
		t.Errorf("got\n%s", stdout)
	}
}

func TestPlanSaysWhatIsUnknown(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", fakePlan)
	stdout, _ := s.expect(exitDone, "plan", plan, "--out", filepath.Join(s.dir, "none"))
	if !strings.Contains(stdout, "2 to run: the time is unknown") {
		t.Errorf("got\n%s", stdout)
	}
}

func TestBadInputIsExitCode2AndOneMessage(t *testing.T) {
	s := newShell(t)
	bad := s.file("bad.yaml", strings.NewReplacer("plugin: fakerec,", "plugin: fakerek,", "against: Popular", "agianst: Popular", "recall@5", "recal@5").Replace(fakePlan))
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"validate", bad}, []string{"3 problems", "bad.yaml:4:22", `did you mean "recall@5"`, "bad.yaml:7:33", `did you mean "fakerec"`, "bad.yaml:8:9", `did you mean "against"`}},
		{[]string{"run", bad}, []string{"3 problems"}},
		{[]string{"run", filepath.Join(s.dir, "none.yaml")}, []string{"does not exist"}},
		{[]string{"run"}, []string{"run needs one FILE, got 0 arguments: cllm4rec run FILE"}},
		{[]string{"rnu"}, []string{"unknown command", "run"}},
		{[]string{"run", bad, "--ouut", "x"}, []string{"unknown flag"}},
		{[]string{"table", s.dir}, []string{"holds no records"}},
		{[]string{"table", s.dir, "--format", "cvs"}, []string{`did you mean "csv"`}},
		{[]string{"plugins", "fakere"}, []string{`did you mean "fakerec"`}},
		{[]string{"version", "--log-level", "inof"}, []string{`did you mean "info"`}},
		{[]string{"run", bad, "--threads", "-1"}, []string{"--threads"}},
		{[]string{"run", bad, "--jobs", "0"}, []string{"--jobs 0: expected 1 or more"}},
	} {
		_, stderr := s.expect(exitBadInput, c.args...)
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%v: want %q in\n%s", c.args, want, stderr)
			}
		}
		if strings.Count(stderr, "error: ") != 1 || strings.Contains(stderr, "Usage:") {
			t.Errorf("%v: not one message:\n%s", c.args, stderr)
		}
	}
}

func TestJobsShareTheProcessorsUnlessThreadsAreGiven(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct{ jobs, given, want int }{{1, 0, 0}, {2, 0, 2}, {3, 0, 1}, {8, 0, 1}, {2, 3, 3}} {
		a := &app{threads: c.given}
		if err := a.share(c.jobs); err != nil || a.threads != c.want {
			t.Errorf("%d jobs, --threads %d: %d threads each, expected %d (error %v)", c.jobs, c.given, a.threads, c.want, err)
		}
	}
}

func TestDataThatCannotBeReadAreToldOnceWithoutATable(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", strings.Replace(fakePlan, "plugin: fakedata,", "plugin: fakedata, params: {fail_at: 2},", 1))
	stdout, stderr := s.expect(exitBadInput, "run", plan, "--out", filepath.Join(s.dir, "out"))
	if stdout != "" || strings.Count(stderr, " ERR ") != 1 || !strings.Contains(stderr, "error: 2 trials failed") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
}

func TestAFileOfTheOtherKindIsToldAndValidateTakesBoth(t *testing.T) {
	s := newShell(t)
	plan, texts := s.file("fakes.yaml", fakePlan), s.file("texts.yaml", "backbone: {plugin: fakelm}\ntexts: {plugin: fakedata}\nsteps: 0\nout: lm\n")
	if _, stderr := s.expect(exitBadInput, "run", texts); !strings.Contains(stderr, "texts.yaml: this is a pretraining file") || strings.Contains(stderr, "problems") {
		t.Errorf("got %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "pretrain", plan); !strings.Contains(stderr, "fakes.yaml: this is an experiment") {
		t.Errorf("got %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "validate", texts); !strings.Contains(stderr, "texts.yaml:3:1: steps: must be at least 1, got 0") {
		t.Errorf("got %s", stderr)
	}
	if stdout, _ := s.expect(exitDone, "validate", plan); !strings.HasSuffix(stdout, "is fine: 1 data set, 2 methods, 1 seed, 2 trials\n") {
		t.Errorf("got %s", stdout)
	}
}

func TestAnOutputThatIsAFileIsBadInput(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", fakePlan)
	for _, out := range []string{plan, filepath.Join(plan, "below")} {
		if _, stderr := s.expect(exitBadInput, "run", plan, "--out", out); !strings.Contains(stderr, plan+" is a file; expected a folder") {
			t.Errorf("got %s", stderr)
		}
	}
}

func TestAFailedTrialIsExitCode1(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", strings.Replace(fakePlan, "{weight: 2}", "{die_at: 1}", 1))
	stdout, stderr := s.expect(exitFailure, "run", plan, "--out", filepath.Join(s.dir, "out"))
	if !strings.Contains(stderr, "error: Heavy on Tastes, seed 1: ") || !strings.Contains(stdout, "failed") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
}

func TestASignalIsOneClearMessage(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", fakePlan)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	code := execute(ctx, []string{"run", plan, "--plugins", s.plugins, "--out", filepath.Join(s.dir, "out")}, &bytes.Buffer{}, &stderr)
	if code != exitFailure || !strings.Contains(stderr.String(), "stopped by a signal") {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}

func TestPluginsAreListedAndDescribed(t *testing.T) {
	s := newShell(t)
	all, _ := s.expect(exitDone, "plugins")
	for _, want := range []string{"fakedata", "fakelm", "recommender with contents", "features", "takes"} {
		if !strings.Contains(all, want) {
			t.Errorf("want %q in\n%s", want, all)
		}
	}
	stdout, _ := s.expect(exitDone, "plugins", "fakerec")
	for _, want := range []string{"weight", "score of one interaction", "> 0", "sha256"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
}

func TestDoctorSaysWhatIsMissingAndHowToMendIt(t *testing.T) {
	s := newShell(t)
	s.plugins = t.TempDir()
	stdout, stderr := s.expect(exitFailure, "doctor")
	if !strings.Contains(stdout, "-> make build") || !strings.Contains(stdout, "cores") || !strings.Contains(stderr, "things are missing") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
}

func TestVersionAndSchema(t *testing.T) {
	s := newShell(t)
	if stdout, _ := s.expect(exitDone, "version"); !strings.Contains(stdout, "cllm4rec ") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "validate", "--schema"); !strings.Contains(stdout, "lambda_c") {
		t.Errorf("the schema lacks the pipeline's settings:\n%s", stdout)
	}
}
