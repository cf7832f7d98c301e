// Package slurm hands tasks to a Slurm cluster (slurm.schedmd.com) through its own client
// programs, and says how they stand: job arrays that depend on one another, whose tasks are
// lines of a file. What it writes are files of a folder that the cluster shares; what the
// client programs say is passed on in their own words.
package slurm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"

	"golang.org/x/sys/unix"
)

// Profile is how a cluster is used: a file in YAML.
type Profile struct {
	Partition  string            `json:"partition,omitempty" jsonschema:"pattern=^[A-Za-z0-9_.\\,+-]+$,description=partition (sbatch --partition; default: the cluster's)"`
	Account    string            `json:"account,omitempty" jsonschema:"pattern=^[A-Za-z0-9_.\\,+-]+$,description=account (sbatch --account)"`
	QOS        string            `json:"qos,omitempty" jsonschema:"pattern=^[A-Za-z0-9_.\\,+-]+$,description=quality of service (sbatch --qos)"`
	Time       string            `json:"time,omitempty" jsonschema:"pattern=^([0-9]+-)?[0-9]+(:[0-9]+){0\\,2}$,description=longest time of one task; such as 0:30:00 or 1-12 (a day and 12 hours); default: the partition's"`
	CPUs       int               `json:"cpus" jsonschema:"minimum=1,maximum=4096,default=1,description=processors of a task; also its --threads"`
	GPUs       int               `json:"gpus,omitempty" jsonschema:"minimum=0,maximum=64,description=GPUs of a task (sbatch --gres=gpu:N)"`
	Memory     string            `json:"memory,omitempty" jsonschema:"pattern=^[0-9]+[KMGT]?$,description=memory of a task; such as 16G"`
	ArrayLimit int               `json:"array_limit,omitempty" jsonschema:"minimum=1,description=most tasks of an array that run at a time (default: no limit)"`
	Signal     int               `json:"signal" jsonschema:"minimum=10,maximum=65535,default=120" jsonschema_description:"seconds before the time limit at which a task is stopped and queued again; it goes on from its last checkpoint"`
	Requeues   int               `json:"requeues" jsonschema:"minimum=0,default=20,description=how often a task that met its time limit is queued again"`
	Modules    []string          `json:"modules,omitempty" jsonschema:"minItems=1,description=modules that are loaded (module load NAME)"`
	Exports    map[string]string `json:"exports,omitempty" jsonschema:"description=variables of the environment; such as LIBTORCH"`
	Setup      []string          `json:"setup,omitempty" jsonschema:"minItems=1,description=lines of shell that run before the program"`
	Container  string            `json:"container,omitempty" jsonschema:"pattern=^[^\\n]+$,description=command before the program; such as apptainer exec --nv image.sif"`
	Options    []string          `json:"options,omitempty" jsonschema:"minItems=1,pattern=^--[a-z][^\\n]*$,description=further options of sbatch; such as --exclude=node3"`
}

// LoadProfile reads a profile. ErrInvalid with every problem and its place.
func LoadProfile(file string) (*Profile, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe without a writer must not hold it up
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s does not exist", file)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, contract.Errorf(contract.ErrInvalid, "%s is no regular file; expected a profile in YAML", file))
	}
	text, err := io.ReadAll(io.LimitReader(f, yamltree.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	return ParseProfile(file, text)
}

// variable is the name of one of the environment.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ParseProfile is LoadProfile of a text; file is its name in messages.
func ParseProfile(file string, text []byte) (*Profile, error) {
	root, problems := yamltree.Parse(file, text, func(name string) (string, error) {
		if value, set := os.LookupEnv(name); set {
			return value, nil
		}
		return "", contract.Errorf(contract.ErrInvalid, "the variable ${%s} is not set", name)
	})
	if root == nil {
		return nil, problems.Err()
	}
	for _, p := range schema.Check(schema.Of[Profile](), root.Value()) {
		_, line, column := root.Find(p.Path)
		problems = append(problems, yamltree.Problem{File: file, Line: line, Column: column, Path: yamltree.PathString(p.Path), Message: p.Message})
	}
	for _, name := range names(root.Get("exports")) {
		if !variable.MatchString(name) {
			path := []string{"exports", name}
			_, line, column := root.Find(path)
			problems = append(problems, yamltree.Problem{File: file, Line: line, Column: column, Path: yamltree.PathString(path), Message: "expected the name of a variable: letters, digits and underscores"})
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	profile, _, err := schema.Decode[Profile](root.Marshal())
	return &profile, err
}

// names are the keys of a section; none where it is not there.
func names(n *yamltree.Node) []string {
	if n == nil {
		return nil
	}
	return n.Names
}
