package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// localSlurm puts an sbatch on the PATH that runs each task of an array at once.
func localSlurm(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	sbatch := `#!/bin/bash
script=${@: -1}
last=$(sed -n 's/^#SBATCH --array=1-\([0-9]*\).*/\1/p' "$script")
log=$(sed -n 's/^#SBATCH --output=//p' "$script")
for n in $(seq "$last"); do SLURM_ARRAY_TASK_ID=$n bash "$script" > "${log/\%a/$n}" 2>&1; done
echo 100
`
	for name, text := range map[string]string{"sbatch": sbatch, "squeue": "#!/bin/bash\n", "scancel": "#!/bin/bash\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv(envProgram, "1") // the program that jobs call is this test binary
}

func TestSubmittedTrialsAreDoneByTheirJobs(t *testing.T) {
	s := newShell(t)
	localSlurm(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	profile := s.file("slurm.yaml", "cpus: 1\ntime: 0:10:00\n")
	stdout, _ := s.expect(exitDone, "submit", plan, "--slurm", profile, "--out", out)
	if !strings.Contains(stdout, "data, 1 task\n") || !strings.Contains(stdout, "trials0, 2 tasks\n") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "status", out); strings.Count(stdout, "│ 1        │ 0      │ 0       │ 0") != 2 || !strings.Contains(stdout, "Slurm has no job of this folder.") {
		logs, _ := s.expect(exitDone, "logs", out, "")
		t.Errorf("got\n%s\n%s", stdout, logs)
	}
	if stdout, _ = s.expect(exitDone, "logs", out); !strings.Contains(stdout, "data:0") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "logs", out, "data:0"); !strings.Contains(stdout, "data:0: 1 done, 0 found finished, 0 failed.") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "submit", plan, "--slurm", profile, "--out", out); !strings.Contains(stdout, "nothing to do") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "cancel", out); !strings.Contains(stdout, "0 tasks cancelled") {
		t.Errorf("got\n%s", stdout)
	}
}

// An array was accepted, another refused, and the one cannot be taken back.
func TestASubmissionOfWhichSlurmKeepsJobsStaysToBeCancelled(t *testing.T) {
	s := newShell(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"sbatch": "[ -e " + dir + "/once ] && exit 1; touch " + dir + "/once; echo 100", "scancel": "exit 1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	out := filepath.Join(s.dir, "out")
	s.expect(exitFailure, "submit", s.file("fakes.yaml", fakePlan), "--slurm", s.file("p.yaml", "cpus: 1\n"), "--out", out)
	for _, name := range []string{"slurm/1/submission.json", "slurm/1/data.sh", "plans"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Errorf("job 100 may still run: %v", err)
		}
	}
}

func TestWhatSubmitAndItsKinRefuse(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"submit", plan}, "submit needs --slurm PROFILE.yaml"},
		{[]string{"submit", plan, "--slurm", s.file("bad.yaml", "partiton: x\n")}, `bad.yaml:1:1: partiton: unknown key; did you mean "partition"?`},
		{[]string{"submit", plan, "--slurm", s.file("p.yaml", "cpus: 1\n"), "--out", out}, "Slurm's sbatch is not on the PATH"},
		{[]string{"cancel", out}, "nothing of " + out + " was submitted to Slurm"},
		{[]string{"trial", "--plan", "x.json", "abc"}, "expected a file in the folder plans/"},
		{[]string{"trial", "--plan", filepath.Join(out, "plans", "x.json"), "abc"}, "there is no plan " + filepath.Join(out, "plans", "x.json")},
	} {
		if _, stderr := s.expect(exitBadInput, c.args...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want %q in\n%s", c.args, c.want, stderr)
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the submission that was refused left its folder: %v", err)
	}
}
