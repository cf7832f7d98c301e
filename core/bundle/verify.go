package bundle

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/stats"
)

// Verified is what came of recomputing a bundle's numbers.
type Verified struct {
	Files   int // of the manifest
	Trials  int // whose rankings were measured again
	Lists   int // of single users
	Values  int // of single users, in all metrics
	Numbers int // of the table that were compared
	// Faults say what is missing, changed, or comes out otherwise; none: all is as it was.
	Faults []string
	// Notes say what was not checked.
	Notes []string
}

// tolerance is how far apart two numbers may lie that are the same: sums of the same values
// differ in the last bits between processors.
const tolerance = 1e-9

// Verify measures every stored ranking again, holds the values of each user and the means
// against them, and makes the table anew from the rankings alone, which it compares number by
// number with the one of the manifest. It trusts no checksum: what is changed is told, and
// measured as it is.
func (o *Opened) Verify() (*Verified, error) {
	v := verifier{Opened: o, out: &Verified{Files: len(o.Files), Faults: slices.Clone(o.Faults)}, splits: map[string]*record.SplitData{}, again: map[string]*measuredAgain{}}
	v.plan()
	for _, t := range o.Trials {
		if err := v.trial(t); err != nil {
			return nil, err
		}
	}
	if err := v.table(); err != nil {
		return nil, err
	}
	return v.out, nil
}

// verifier checks one bundle.
type verifier struct {
	*Opened
	out    *Verified
	splits map[string]*record.SplitData // by fingerprint
	again  map[string]*measuredAgain    // by key: the finished trials
}

// measuredAgain is a record with the numbers that its rankings give.
type measuredAgain struct {
	rec   *record.Record
	users map[string]*record.Users // by part
}

func (v *verifier) fault(format string, args ...any) {
	v.out.Faults = append(v.out.Faults, fmt.Sprintf(format, args...))
}

// words are an error's, with the names of the archive, and without the advice for a folder that
// one works in.
func (v *verifier) words(err error) string {
	text, _, _ := strings.Cut(err.Error(), "; to run the trial again")
	return strings.ReplaceAll(text, v.Dir+string(filepath.Separator), "")
}

// plan holds the trials of the plan against those of the manifest.
func (v *verifier) plan() {
	listed := map[string]bool{}
	for _, t := range v.Trials {
		listed[t.Key] = true
	}
	for _, t := range trialsOf(v.Plan) {
		if !listed[t.Key] {
			v.fault("%s is in the plan and not in the manifest", t)
		}
	}
}

func (v *verifier) trial(t Trial) error {
	rec, err := v.Store.Load(t.Key)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		if t.Status != missing {
			v.fault("%s: its record is missing", t)
		}
		return nil
	case errors.Is(err, contract.ErrBadData):
		v.fault("%s: %s", t, v.words(err))
		return nil
	case err != nil:
		return err
	}
	if string(rec.Status) != t.Status {
		v.fault("%s: its record says %s, the manifest %s", t, rec.Status, t.Status)
	}
	if rec.Status != record.Done {
		return nil
	}
	v.asItIs(rec)
	m := &measuredAgain{rec, map[string]*record.Users{}}
	for i := range rec.Results {
		users, err := v.part(t, rec, &rec.Results[i])
		if err != nil {
			v.fault("%s, %s part: its numbers cannot be recomputed: %s", t, rec.Results[i].Part, v.words(err))
			return nil
		}
		m.users[rec.Results[i].Part] = users
	}
	v.again[t.Key] = m
	v.out.Trials++
	return nil
}

// asItIs gives a record the checksums that its files have, so that a changed file is read as
// it is; that it is changed was told.
func (v *verifier) asItIs(rec *record.Record) {
	set := func(f *record.File, folder string) {
		if f == nil {
			return
		}
		name := folder + "/" + f.Name
		if sum := v.sums[name]; sum != "" && sum != f.SHA256 {
			v.fault("%s is not the file that its record lists: its sha256 is %.12s, there %.12s", name, sum, f.SHA256)
			f.SHA256 = sum
		}
	}
	for i := range rec.Results {
		set(&rec.Results[i].PerUser, "trials/"+rec.Key)
		set(rec.Results[i].Ranking, "trials/"+rec.Key)
	}
	if files := rec.Data.Files; files != nil {
		for _, f := range []*record.File{&files.Users, &files.Items, files.FoldIn, files.Attributes} {
			set(f, "data/"+rec.Data.Fingerprint)
		}
	}
}

// part measures the rankings of one part again, compares, and puts the new numbers into the
// record.
func (v *verifier) part(t Trial, rec *record.Record, res *record.Result) (*record.Users, error) {
	split, err := v.split(rec)
	if err != nil {
		return nil, err
	}
	lists, err := v.Store.Rankings(rec, res.Part)
	if err != nil {
		return nil, err
	}
	names := slices.Concat(slices.Sorted(maps.Keys(res.Means)), slices.Sorted(maps.Keys(res.Overall)))
	metrics, err := eval.ParseMetrics(names)
	if err != nil {
		return nil, err
	}
	relevant := split.Part(contract.Part(res.Part))
	if relevant == nil {
		return nil, contract.Errorf(contract.ErrBadData, "the data have no such part")
	}
	values, err := eval.Measure(*lists, relevant, split.Training, metrics, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	users := &record.Users{}
	for _, u := range lists.Users {
		users.Users = append(users.Users, split.Users[u])
	}
	of := fmt.Sprintf("%s, %s part", t, res.Part)
	v.stored(of, rec, res, users.Users, values)
	for _, name := range names {
		column, per := values.PerUser[name]
		if !per {
			v.number(of, name, "in record.json", res.Overall[name], values.Overall[name])
			res.Overall[name] = values.Overall[name]
			continue
		}
		users.Metrics, users.Values = append(users.Metrics, name), append(users.Values, column)
		mean := stats.Mean(column)
		v.number(of, name, "in record.json", res.Means[name], mean)
		res.Means[name] = mean
		v.out.Values += len(column)
	}
	v.out.Lists += len(lists.Users)
	return users, nil
}

// split is the data that a trial saw.
func (v *verifier) split(rec *record.Record) (*record.SplitData, error) {
	if s := v.splits[rec.Data.Fingerprint]; s != nil {
		return s, nil
	}
	s, err := v.Store.SplitData(rec)
	if err == nil {
		v.splits[rec.Data.Fingerprint] = s
	}
	return s, err
}

// stored holds the values of users that were packed against the recomputed ones.
func (v *verifier) stored(of string, rec *record.Record, res *record.Result, ids []string, again *eval.Values) {
	users, err := v.Store.Users(rec, res.Part)
	if err != nil {
		v.fault("%s: %s", of, v.words(err))
		return
	}
	if !slices.Equal(users.Users, ids) {
		v.fault("%s: the values are of other users than the rankings", of)
		return
	}
	for m, name := range users.Metrics {
		differ, first := 0, -1
		for u, x := range users.Values[m] {
			if !same(x, again.PerUser[name][u]) {
				differ++
				if first < 0 {
					first = u
				}
			}
		}
		if differ > 0 {
			v.fault("%s, %s: the values of %d users are not those of their rankings; the first is %s with %.6g, %.6g from the ranking", of, name, differ, ids[first], users.Values[m][first], again.PerUser[name][first])
		}
	}
}

// number compares two numbers of a metric.
func (v *verifier) number(of, name, where string, packed, again float64) {
	if !same(packed, again) {
		v.fault("%s, %s: %.6g %s, %.6g from the rankings", of, name, packed, where, again)
	}
}

func same(a, b float64) bool {
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b)
}

// table makes the table anew and compares it with the packed one.
func (v *verifier) table() error {
	again, err := report.Build(v.Plan, source{v}, report.Options{Strata: true})
	if err != nil {
		v.fault("the table cannot be made from the rankings: %s", v.words(err))
		return nil
	}
	c := tableComparer{v: v}
	c.reports(v.Table, again)
	v.out.Numbers = c.compared
	v.out.Notes = append(v.out.Notes, "Times and memory come from the records; nothing here can recompute them. The split data were taken as packed: `cllm4rec bundle rerun` makes them from the data set.")
	return nil
}

// source gives report the records with the recomputed numbers.
type source struct{ *verifier }

func (s source) Load(key string) (*record.Record, error) {
	if m := s.again[key]; m != nil {
		return m.rec, nil
	}
	rec, err := s.Store.Load(key)
	if err != nil || rec.Status == record.Done {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no record whose numbers can be recomputed", key)
	}
	return rec, nil
}

func (s source) Users(rec *record.Record, part string) (*record.Users, error) {
	if m := s.again[rec.Key]; m != nil && m.users[part] != nil {
		return m.users[part], nil
	}
	return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no %s results", rec.Key, part)
}

func (s source) Heads(keys []string) (*record.Heads, error) { return s.Store.Heads(keys) }

func (s source) Rankings(rec *record.Record, part string) (*eval.Rankings, error) {
	return s.Store.Rankings(rec, part)
}

func (s source) Lists(rec *record.Record, part string, users []int32) ([]contract.Ranking, error) {
	return s.Store.Lists(rec, part, users)
}

func (s source) SplitData(rec *record.Record) (*record.SplitData, error) { return s.split(rec) }

func (s source) UserAttributes(rec *record.Record) ([]contract.TrainAttributes, error) {
	return s.Store.UserAttributes(rec)
}
