package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/schema"
)

// oldPlanFile is the one plan of a folder that an earlier version of the program wrote. It
// is read where there are no others.
const oldPlanFile = "plan.json"

// plansFolder has the plans of a folder of records, each in a file ID.json.
const plansFolder = "plans"

// PlanFile is a stored plan: what a run was about to do, by which a table knows which
// records belong together.
type PlanFile struct {
	ID   string // NAME-HASH, or plan in an old folder
	Path string
	Ran  time.Time // when the last run of it began, or a search of it ended
}

// Name is that of the experiment: the ID without its hash.
func (f PlanFile) Name() string {
	if at := strings.LastIndexByte(f.ID, '-'); at > 0 {
		return f.ID[:at]
	}
	return f.ID
}

// PlanPath is the file of a plan.
func (s *Store) PlanPath(id string) string { return filepath.Join(s.dir, plansFolder, id+".json") }

// SavePlan stores a plan under its ID, which FindPlan then takes for the last one. Where
// one is stored and stays says so, that one is taken for the last as it is.
func (s *Store) SavePlan(ctx context.Context, id string, plan any, stays func(stored PlanFile) bool) error {
	raw, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return fmt.Errorf("the plan cannot be written: %w", err)
	}
	path := s.PlanPath(id)
	return s.Claimed(ctx, plansFolder, func(context.Context) error {
		if _, err := os.Stat(path); err == nil && stays(PlanFile{ID: id, Path: path}) {
			now := time.Now()
			return os.Chtimes(path, now, now)
		}
		return disk.Replace(path, append(raw, '\n'))
	})
}

// Load reads a stored plan strictly. ErrNotFound without one, ErrBadData when it is damaged.
func (f PlanFile) Load(plan any) error {
	raw, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return contract.Errorf(contract.ErrNotFound, "there is no plan %s; `cllm4rec run` and `cllm4rec submit` write plans", f.Path)
	}
	if err == nil {
		err = schema.Unmarshal(raw, plan)
	}
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; run the experiment again to rewrite it", f.Path, err)
	}
	return nil
}

// Plans are the stored plans, the last one first. ErrNotFound when there is none.
func (s *Store) Plans() ([]PlanFile, error) {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), plansFolder, "[^.]*.json"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		paths = []string{filepath.Join(s.dir, oldPlanFile)}
	}
	var all []PlanFile
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the plans cannot be listed: %w", err)
		}
		all = append(all, PlanFile{ID: strings.TrimSuffix(filepath.Base(path), ".json"), Path: path, Ran: info.ModTime()})
	}
	if len(all) == 0 {
		return nil, contract.Errorf(contract.ErrNotFound, "%s has no plan in %s; `cllm4rec run` writes it", s.dir, filepath.Join(s.dir, plansFolder))
	}
	slices.SortFunc(all, func(a, b PlanFile) int { return cmp.Or(b.Ran.Compare(a.Ran), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// FindPlan is the stored plan that a name means: an experiment's, of whose plans the last one
// is meant, or an ID. "" means the last of all. ErrInvalid when there is none.
func (s *Store) FindPlan(name string) (PlanFile, error) {
	all, err := s.Plans()
	if err != nil {
		return PlanFile{}, err
	}
	for _, f := range all {
		if name == "" || name == f.Name() || name == f.ID {
			return f, nil
		}
	}
	return PlanFile{}, contract.Errorf(contract.ErrInvalid, "%s has no plan %q%s", s.dir, name, schema.Hint(name, ids(all)))
}

func ids(files []PlanFile) (all []string) {
	for _, f := range files {
		all = append(all, f.ID)
	}
	return all
}
