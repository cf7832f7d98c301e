package slurm

import (
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestEveryMistakeOfAProfileIsToldWithItsPlace(t *testing.T) {
	_, err := ParseProfile("p.yaml", []byte("partiton: main\ncpus: 0\ntime: soon\nexports: {A: \"${NOT_SET_ANYWHERE}\"}\n"))
	if !errors.Is(err, contract.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		`p.yaml:1:1: partiton: unknown key; did you mean "partition"?`, "p.yaml:2:1: cpus: must be at least 1, got 0", "p.yaml:3:1: time: ", "p.yaml:4:14: ", "NOT_SET_ANYWHERE",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in\n%v", want, err)
		}
	}
	for _, text := range []string{`partition: "main\n#SBATCH --uid=0"`, `exports: {"X;touch y": x}`, `container: "a\nb"`, `options: ["--wait\nrm"]`} {
		if _, err := ParseProfile("p.yaml", []byte(text)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if _, err := LoadProfile(t.TempDir()); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("of a folder: got %v", err)
	}
	if _, err := LoadProfile("none.yaml"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAProfileBecomesOptionsAndLinesOfTheScript(t *testing.T) {
	p, err := ParseProfile("p.yaml", []byte(`
partition: gpu
account: lab
qos: long
time: 1-12
cpus: 4
gpus: 2
memory: 16G
array_limit: 8
signal: 300
requeues: 3
modules: [cuda/12.1]
exports: {LIBTORCH: "/opt/it's torch"}
setup: [ulimit -c 0]
container: apptainer exec --nv image.sif
options: ["--comment=two words"]
`))
	if err != nil {
		t.Fatal(err)
	}
	a := Array{Name: "trials0", Tasks: []string{"k1", "k2"}}
	script := p.script(Program{Path: "/p/cllm4rec", Args: []string{"trial", "--plan", "/o u/p.json"}, Dir: "/o"}, "/o/trials0.tasks", p.options(a, "e-trials0", "/o/logs/trials0-%a.out"))
	for _, want := range []string{
		"#SBATCH --job-name=e-trials0", "#SBATCH --array=1-2%8", "#SBATCH --output=/o/logs/trials0-%a.out", "#SBATCH --requeue", "#SBATCH --partition=gpu", "#SBATCH --account=lab",
		"#SBATCH --qos=long", "#SBATCH --time=1-12", "#SBATCH --cpus-per-task=4", "#SBATCH --gres=gpu:2", "#SBATCH --mem=16G", "#SBATCH --signal=B:USR1@300",
		`#SBATCH --comment="two words"`, `export LIBTORCH='/opt/it'\''s torch'`, "module load 'cuda/12.1' || exit", "ulimit -c 0",
		"apptainer exec --nv image.sif '/p/cllm4rec' 'trial' '--plan' '/o u/p.json' $task &", `-lt 3 ]; then`,
	} {
		if !strings.Contains(script, want+"\n") && !strings.Contains(script, want) {
			t.Errorf("want %q in\n%s", want, script)
		}
	}
}
