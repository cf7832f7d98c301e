package slurm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
)

// longest is how many tasks an array has at most: Slurm's own limit (MaxArraySize) is 1001,
// and its numbers begin with 0.
const longest = 1000

// Job is an array that was handed to Slurm.
type Job struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"` // of the array, and of its log files
	Tasks []string `json:"tasks"`
}

// Submission is what one call of Submit handed to Slurm.
type Submission struct {
	Dir  string `json:"-"` // its folder, below those of its kind
	Plan string `json:"plan"`
	Jobs []Job  `json:"jobs"`
}

// submissionFile is the file of a submission in its folder.
const submissionFile = "submission.json"

// Submit writes scripts and lists of tasks into a folder of their own below dir, and hands
// them to Slurm. Arrays of more than a thousand tasks become several. When one is refused, those before it
// are cancelled and the folder goes.
func Submit(ctx context.Context, dir, plan string, p *Profile, program Program, arrays []Array) (*Submission, error) {
	folder, err := newFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("jobs cannot be written: %w", err)
	}
	s := &Submission{Dir: folder, Plan: plan}
	jobs := make([][]string, len(arrays)) // ids by array
	for i, a := range arrays {
		var after []string
		for _, before := range a.After {
			after = append(after, jobs[before]...)
		}
		for _, part := range parts(a) {
			id, err := s.submit(ctx, p, program, part, after)
			if err != nil {
				return nil, errors.Join(err, s.withdraw(context.WithoutCancel(ctx)))
			}
			jobs[i] = append(jobs[i], id)
		}
	}
	return s, nil
}

// parts are arrays of at most longest tasks.
func parts(a Array) (all []Array) {
	for tasks := range slices.Chunk(a.Tasks, longest) {
		name := a.Name
		if len(all) > 0 {
			name += "-" + strconv.Itoa(len(all)+1)
		}
		all = append(all, Array{Name: name, Tasks: tasks})
	}
	return all
}

// newFolder makes the next numbered folder below dir.
func newFolder(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		folder := filepath.Join(dir, strconv.Itoa(n))
		err := os.Mkdir(folder, 0o755)
		if err == nil {
			return folder, os.Mkdir(filepath.Join(folder, "logs"), 0o755)
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

// submit hands one array to Slurm, and notes it at once.
func (s *Submission) submit(ctx context.Context, p *Profile, program Program, a Array, after []string) (id string, err error) {
	tasks, script := filepath.Join(s.Dir, a.Name+".tasks"), filepath.Join(s.Dir, a.Name+".sh")
	text := p.script(program, tasks, p.options(a, s.Plan+"-"+a.Name, filepath.Join(s.Dir, "logs", a.Name+"-%a.out")))
	if err := errors.Join(os.WriteFile(tasks, []byte(strings.Join(a.Tasks, "\n")+"\n"), 0o644), os.WriteFile(script, []byte(text), 0o755)); err != nil {
		return "", fmt.Errorf("a job cannot be written: %w", err)
	}
	args := []string{"--parsable"}
	if len(after) > 0 {
		args = append(args, "--dependency=afterany:"+strings.Join(after, ":"))
	}
	said, err := call(ctx, "sbatch", append(args, script)...)
	if err != nil {
		return "", err
	}
	id, _, _ = strings.Cut(strings.TrimSpace(said), ";") // a cluster's name may follow
	if _, err := strconv.ParseUint(id, 10, 64); err != nil {
		return "", fmt.Errorf("sbatch said %q; expected the number of a job", strings.TrimSpace(said))
	}
	s.Jobs = append(s.Jobs, Job{ID: id, Name: a.Name, Tasks: a.Tasks})
	return id, s.save()
}

func (s *Submission) save() error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return disk.Replace(filepath.Join(s.Dir, submissionFile), append(raw, '\n'))
}

// cancel takes the jobs out of Slurm.
func (s *Submission) cancel(ctx context.Context) error {
	if len(s.Jobs) == 0 {
		return nil
	}
	var ids []string
	for _, j := range s.Jobs {
		ids = append(ids, j.ID)
	}
	_, err := call(ctx, "scancel", ids...)
	return err
}

// withdraw cancels the jobs and removes the folder, and the one around it where that is empty
// now. Where Slurm may still have jobs their scripts stay.
func (s *Submission) withdraw(ctx context.Context) error {
	if err := s.cancel(ctx); err != nil {
		return err
	}
	err := os.RemoveAll(s.Dir)
	_ = os.Remove(filepath.Dir(s.Dir)) // which others' folders keep
	return err
}

// Submissions are those below a folder, in their order; none when it is not there.
func Submissions(dir string) ([]*Submission, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", submissionFile))
	if err != nil {
		return nil, err
	}
	var all []*Submission
	for _, path := range paths {
		s := &Submission{Dir: filepath.Dir(path)}
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, s)
		}
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v", path, err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Submission) int { return number(a) - number(b) })
	return all, nil
}

func number(s *Submission) int {
	n, _ := strconv.Atoi(filepath.Base(s.Dir)) // 0 for a folder that was renamed
	return n
}
