package slurm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeClient puts programs of Slurm's names on the PATH that note how they are called. sbatch
// numbers jobs from 101, and refuses the partition "nowhere"; squeue prints the given lines.
func fakeClient(t *testing.T, queue string) (calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	scripts := map[string]string{
		"sbatch": `grep -q partition=nowhere "${@: -1}" && { echo "sbatch: error: invalid partition specified: nowhere" >&2; exit 1; }
n=$(($(cat ` + dir + `/n 2>/dev/null || echo 100) + 1)); echo $n > ` + dir + `/n; echo "$n;here"`,
		"squeue":  "cat <<'LINES'\n" + queue + "LINES",
		"scancel": "true",
	}
	for name, body := range scripts {
		text := fmt.Sprintf("#!/bin/bash\necho \"%s $*\" >> %s/calls\n%s\n", name, dir, body)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() []string {
		raw, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(raw)), "\n")
	}
}

func numbered(n int) (tasks []string) {
	for i := range n {
		tasks = append(tasks, fmt.Sprint("k", i))
	}
	return tasks
}

func TestArraysDependOnAllThatTheyComeAfterAndLongOnesAreCut(t *testing.T) {
	calls := fakeClient(t, "")
	dir := filepath.Join(t.TempDir(), "slurm")
	arrays := []Array{{Name: "data", Tasks: numbered(1)}, {Name: "trials0", Tasks: numbered(1001), After: []int{0}}, {Name: "trials1", Tasks: numbered(1), After: []int{0, 1}}}
	s, err := Submit(t.Context(), dir, "e", &Profile{CPUs: 1}, Program{Path: "/p"}, arrays)
	if err != nil {
		t.Fatal(err)
	}
	var after []string
	for _, call := range calls() {
		_, option, _ := strings.Cut(call, "--dependency=")
		option, _, _ = strings.Cut(option, " ")
		after = append(after, option)
	}
	if want := []string{"", "afterany:101", "afterany:101", "afterany:101:102:103"}; !slices.Equal(after, want) {
		t.Errorf("dependencies %q, want %q", after, want)
	}
	stored, err := Submissions(dir)
	if err != nil || len(stored) != 1 || len(stored[0].Jobs) != 4 || stored[0].Dir != s.Dir || stored[0].Jobs[2].Name != "trials0-2" || stored[0].Jobs[2].ID != "103" {
		t.Fatalf("stored %+v, error %v", stored, err)
	}
	if tasks, err := os.ReadFile(filepath.Join(s.Dir, "trials0-2.tasks")); err != nil || string(tasks) != "k1000\n" {
		t.Errorf("tasks %q, error %v", tasks, err)
	}
	if again, err := Submit(t.Context(), dir, "e", &Profile{CPUs: 1}, Program{Path: "/p"}, arrays[:1]); err != nil || again.Dir != filepath.Join(dir, "2") {
		t.Errorf("a second submission: %+v, %v", again, err)
	}
}

func TestARefusedJobIsToldInSlurmsWordsAndLeavesNoOthers(t *testing.T) {
	calls := fakeClient(t, "")
	dir := t.TempDir()
	_, err := Submit(t.Context(), dir, "e", &Profile{CPUs: 1, Partition: "nowhere"}, Program{Path: "/p"}, []Array{{Name: "data", Tasks: numbered(1)}})
	if err == nil || !strings.Contains(err.Error(), "sbatch: error: invalid partition specified: nowhere") {
		t.Errorf("got %v", err)
	}
	s := &Submission{Dir: dir, Jobs: []Job{{ID: "7"}, {ID: "8"}}}
	if err := s.cancel(t.Context()); err != nil || !slices.Contains(calls(), "scancel 7 8") {
		t.Errorf("calls %q, error %v", calls(), err)
	}
}

func TestTheQueueHasOurTasksAloneAndIsCancelled(t *testing.T) {
	calls := fakeClient(t, "101|1|RUNNING|None|node7\n101|2|PENDING|Dependency|\n101|9|PENDING|Dependency|\n5|1|RUNNING|None|node7\n8|N/A|RUNNING|None|node7\n")
	ours := []*Submission{{Jobs: []Job{{ID: "101", Tasks: []string{"a", "b"}}}}}
	queue, err := Queue(t.Context(), ours)
	if want := []Waiting{{"101", "a", "RUNNING", "None", "node7"}, {"101", "b", "PENDING", "Dependency", ""}}; err != nil || !slices.Equal(queue, want) {
		t.Errorf("got %+v, error %v", queue, err)
	}
	if n, err := Cancel(t.Context(), ours); err != nil || n != 2 || !slices.Contains(calls(), "scancel 101") {
		t.Errorf("%d tasks, error %v, calls %q", n, err, calls())
	}
}

func TestAMachineWithoutSlurmIsToldSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Queue(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "Slurm's squeue is not on the PATH") {
		t.Errorf("got %v", err)
	}
}

func TestLogsTellWhatEachTaskWrote(t *testing.T) {
	s := &Submission{Dir: t.TempDir(), Jobs: []Job{{Name: "data", Tasks: []string{"a", "b"}}}}
	path := filepath.Join(s.Dir, "logs", "data-1.out")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []Log{{"a", path, 4}, {"b", filepath.Join(s.Dir, "logs", "data-2.out"), -1}}
	if got := Logs([]*Submission{s}); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
