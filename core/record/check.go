package record

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/stats"
)

// Finishes reports whether a record takes its trial off the work: it is done, and
// of today's schema.
func (r *Record) Finishes() bool { return r.Status == Done && r.Schema == Schema }

var keyForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// check reports what contradicts itself in a record that was found under key.
func (r *Record) check(key string) error {
	switch {
	case r.Schema != Schema && r.Schema != 1:
		return fmt.Errorf("schema: it is %d, expected %d", r.Schema, Schema)
	case r.Key != key || !keyForm.MatchString(r.Key):
		return fmt.Errorf("key: it is the record of trial %q", r.Key)
	case r.Status != Done && r.Status != Failed:
		return fmt.Errorf("status: it is %q, expected done or failed", r.Status)
	case r.Status == Done && len(r.Results) == 0:
		return errors.New("results: it is done but has none")
	case r.Status == Failed && r.Error == "":
		return errors.New("error: it failed but does not say why")
	case r.Status == Done && r.Schema == Schema && !r.Data.located():
		return errors.New("data: it does not say in which files they are")
	}
	if r.Schema == Schema {
		if err := errors.Join(r.checkKeys(), r.checkFiles()); err != nil {
			return err
		}
	}
	for i := range r.Results {
		if err := r.checkResult(&r.Results[i]); err != nil {
			return fmt.Errorf("results, %s: %w", r.Results[i].Part, err)
		}
	}
	return nil
}

// located reports whether the files of the data are named, inside of their folder.
func (d Data) located() bool {
	return d.Files != nil && keyForm.MatchString(d.Fingerprint) && isName(d.Files.Users.Name) && isName(d.Files.Items.Name) &&
		(d.Files.FoldIn == nil || isName(d.Files.FoldIn.Name)) && (d.Files.Attributes == nil || isName(d.Files.Attributes.Name))
}

// checkResult reports a result that cannot be: unknown parts, missing files, counts
// that do not add up, metrics outside of their range.
func (r *Record) checkResult(res *Result) error {
	parts := []string{string(contract.PartValidation), string(contract.PartTest)}
	switch {
	case !slices.Contains(parts, res.Part):
		return fmt.Errorf("part: it is %q, expected one of %q", res.Part, parts)
	case r.Result(res.Part) != res:
		return errors.New("part: it has results twice")
	case len(res.Means)+len(res.Overall) == 0:
		return errors.New("means: there are none")
	case res.Users < 1 || res.Skipped < 0 || res.Users+res.Skipped != r.Data.Users:
		return fmt.Errorf("users: %d measured and %d skipped of %d", res.Users, res.Skipped, r.Data.Users)
	case !isName(res.PerUser.Name) || res.Ranking != nil && !isName(res.Ranking.Name):
		return errors.New("a file lies outside of the folder or has no name")
	case r.Schema == Schema && (res.Ranking == nil || res.Depth < 1):
		return errors.New("ranking: there is none")
	}
	return errors.Join(inRange("means", res.Means, r.Data.Users), inRange("overall", res.Overall, r.Data.Users))
}

// isName reports whether a name is that of a file inside its folder.
func isName(name string) bool {
	return name == filepath.Base(name) && filepath.IsLocal(name) && name != "."
}

// inRange reports the first metric, by name, that has a value that it cannot have.
func inRange(field string, values map[string]float64, users int) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		metric, err := eval.ParseMetric(name)
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		if v, high := values[name], metric.Highest(users); !(v >= 0 && v <= high) {
			return fmt.Errorf("%s: %s is %v, expected 0 to %v", field, name, v, high)
		}
	}
	return nil
}

// agrees holds per-user values against the record's means.
func (r *Result) agrees(u *Users) error {
	if len(u.Users) != r.Users {
		return fmt.Errorf("it has %d users, the record %d", len(u.Users), r.Users)
	}
	if want := slices.Sorted(maps.Keys(r.Means)); !slices.Equal(slices.Sorted(slices.Values(u.Metrics)), want) {
		return fmt.Errorf("it has the metrics %q, the record %q", u.Metrics, want)
	}
	for i, metric := range u.Metrics {
		if mean := stats.Mean(u.Values[i]); math.Abs(mean-r.Means[metric]) > 1e-9*max(1, math.Abs(mean)) {
			return fmt.Errorf("the mean of %s is %v, in record.json it is %v", metric, mean, r.Means[metric])
		}
	}
	return nil
}
