package run

import (
	"fmt"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/record"
)

// FindRecord reads the record of a trial by its folder OUT/trials/KEY, or by the
// record.json in it.
func FindRecord(path string) (*record.Store, *record.Record, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	if filepath.Base(dir) == "record.json" {
		dir = filepath.Dir(dir)
	}
	if filepath.Base(filepath.Dir(dir)) != "trials" {
		return nil, nil, notATrial(path, dir)
	}
	store, err := record.View(filepath.Dir(filepath.Dir(dir)))
	if err != nil {
		return nil, nil, err
	}
	rec, err := store.Load(filepath.Base(dir))
	return store, rec, err
}

// mostTrials is how many trials an error lists.
const mostTrials = 10

// notATrial says which trials with a model there are where a folder of records was
// named.
func notATrial(path, dir string) error {
	var list []string
	if store, err := record.View(dir); err == nil {
		records, err := store.All()
		if err != nil {
			return err
		}
		for _, r := range records {
			if hasModel(r) && len(list) < mostTrials {
				list = append(list, fmt.Sprintf("%s  %s on %s, seed %d", filepath.Join(path, "trials", r.Key), r.Method, r.Dataset, r.Seed))
			}
		}
	}
	if len(list) == 0 {
		return contract.Errorf(contract.ErrInvalid, "%s is not the folder of a trial; expected one such as OUT/trials/KEY, of a run with --keep models", path)
	}
	return contract.Errorf(contract.ErrInvalid, "%s is not the folder of a trial; these have a kept model:\n  %s", path, strings.Join(list, "\n  "))
}

// hasModel reports whether a trained model was kept beside a record.
func hasModel(r *record.Record) bool { return r.Model != nil && len(r.Model.Files) > 0 }

// ofOthers says which trials to ask in place of one that fuses their lists.
func ofOthers(store *record.Store, rec *record.Record) error {
	var names, kept []string
	for _, key := range rec.Needs {
		need, err := store.Load(key)
		if err != nil {
			return err
		}
		names = append(names, need.Method)
		if hasModel(need) {
			kept = append(kept, fmt.Sprintf("%s (%s)", store.Folder(key), need.Method))
		}
	}
	fuses := fmt.Sprintf("%s has no model of its own, as it fuses the lists of %s", rec.Method, strings.Join(names, " and "))
	if len(kept) == 0 {
		return contract.Errorf(contract.ErrNotFound, "%s, and none of those has a kept model: run its experiment again with --keep models", fuses)
	}
	return contract.Errorf(contract.ErrUnsupported, "%s: ask %s", fuses, strings.Join(kept, " or "))
}
