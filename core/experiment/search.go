package experiment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"cllm4rec/core/search"
	"cllm4rec/core/train"
)

// Search is the budget that every searched method of an experiment gets, and how
// configurations are found. Only validation decides.
type Search struct {
	Sampler string   `json:"sampler" jsonschema:"enum=grid,enum=random,enum=quasi_random,enum=tpe,enum=halving,default=tpe" jsonschema_description:"how configurations are proposed: all of a grid in turn, at random, a low-discrepancy sequence, by the tree-structured Parzen estimator (Bergstra et al. 2011), or at random with few epochs, of which the best go on with more (successive halving; of a method that learns in epochs)"`
	Trials  int      `json:"trials" jsonschema:"minimum=1,maximum=100000,default=20,description=most configurations of a method on a data set"`
	Time    string   `json:"time,omitempty" jsonschema:"description=no further configuration starts once those of a method on a data set took so long together; such as 30m (default: no limit)"`
	Metrics []string `json:"metrics,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"the sum of these on validation decides (default recall_min@20; recall_min@40; ndcg@100)"`
	Factor  int      `json:"factor" jsonschema:"minimum=2,maximum=10,default=3,description=halving: one of so many configurations goes on with so many times the epochs; up to those of the method"`
	Seed    uint64   `json:"seed" jsonschema:"default=1,minimum=0,description=of the proposals; configurations are trained with the experiment's first seed"`
}

// MethodSearch is what is searched of a method; its other keys replace those of the
// experiment's search for this method, which the table then says.
type MethodSearch struct {
	Space   map[string]Range `json:"space" jsonschema:"required" jsonschema_description:"what varies: keys of the method's recommender or cllm4rec section, with dots for deeper ones, such as params.lambda"`
	Sampler string           `json:"sampler,omitempty" jsonschema:"enum=grid,enum=random,enum=quasi_random,enum=tpe,enum=halving,description=in place of the experiment's"`
	Trials  int              `json:"trials,omitempty" jsonschema:"minimum=1,maximum=100000,description=in place of the experiment's"`
	Time    string           `json:"time,omitempty" jsonschema:"description=in place of the experiment's"`
}

// Range is where one setting varies: between Low and High, or among Values.
type Range struct {
	Low    *float64       `json:"low,omitempty" jsonschema_description:"smallest number (default: the minimum of the plugin's schema)"`
	High   *float64       `json:"high,omitempty" jsonschema_description:"largest number (default: the maximum of the plugin's schema)"`
	Log    bool           `json:"log,omitempty" jsonschema:"description=vary by factors rather than by differences"`
	Levels int            `json:"levels,omitempty" jsonschema:"minimum=2,maximum=1000,description=how many numbers a grid takes from low to high"`
	Step   *float64       `json:"step,omitempty" jsonschema:"exclusiveMinimum=0,description=distance of the numbers that are tried; from low"`
	Values []any          `json:"values,omitempty" jsonschema:"minItems=1,description=what is tried; in place of low and high (default: the choices of the plugin's schema)"`
	When   map[string]any `json:"when,omitempty" jsonschema:"description=another setting of the space and the value (or the list of values) under which this one exists"`
}

// SearchPlan is a resolved search of a method. It enters no key: a configuration has
// the keys that it would have without a search.
type SearchPlan struct {
	Sampler string             `json:"sampler"`
	Trials  int                `json:"trials"`
	Time    time.Duration      `json:"time_ns,omitempty"`
	Metrics []string           `json:"metrics"`
	Seed    uint64             `json:"seed"`
	Space   []search.Parameter `json:"space"`           // by name, but what has a condition behind the others
	Notes   []string           `json:"notes,omitempty"` // what of the space is not tried
	// Rungs are those of successive halving, else nil. Their epochs stand in an assignment
	// under EpochsSetting.
	Rungs []search.Rung `json:"rungs,omitempty"`
}

// EpochsSetting is the setting that the rungs of successive halving set.
const EpochsSetting = "train.epochs"

// Trainings is how many configurations a search may measure: with rungs some of them again.
func (s SearchPlan) Trainings() int {
	if s.Rungs == nil {
		return s.Trials
	}
	n := 0
	for _, r := range s.Rungs {
		n += r.Configurations
	}
	return n
}

// Epochs is the sum of all epochs of the rungs; 0 without rungs.
func (s SearchPlan) Epochs() (sum int) {
	for _, r := range s.Rungs {
		sum += r.Configurations * r.Epochs
	}
	return sum
}

// Choice is what a search chose for a method on a data set, and all that it tried.
type Choice struct {
	Dataset int        `json:"dataset"`
	Method  int        `json:"method"`
	Plan    MethodPlan `json:"plan"` // the method with the best values
	Best    int        `json:"best"` // place in Tried
	Tried   []Tried    `json:"tried"`
}

// Tried is one configuration and what came of it.
type Tried struct {
	Key     string            `json:"key"` // of its record
	Values  search.Assignment `json:"values"`
	Score   *float64          `json:"score,omitempty"` // on validation; nil when it failed
	Error   string            `json:"error,omitempty"`
	Seconds float64           `json:"seconds"`
}

// Seconds is the wall time of everything that was tried.
func (c Choice) Seconds() (sum float64) {
	for _, t := range c.Tried {
		sum += t.Seconds
	}
	return sum
}

// SearchKey is a hash of what a search of a method on a data set tries, and by what it
// decides. ErrOrder while the trials that it needs are not known.
func (p *Plan) SearchKey(dataset, method int) (string, error) {
	m := p.Methods[method]
	q, err := p.Trying(dataset, method, m)
	if err != nil {
		return "", err
	}
	return keyOf(struct {
		Start  string      `json:"start"` // the key of the settings that the file gives
		Search *SearchPlan `json:"search"`
	}{q.Trial().Key, m.Search})
}

// resolve is a method's search with the experiment's budget, once it was checked.
func (m MethodSearch) resolve(s Search, space searchSpace, learns *train.Settings) *SearchPlan {
	p := &SearchPlan{Sampler: cmp.Or(m.Sampler, s.Sampler), Trials: cmp.Or(m.Trials, s.Trials), Metrics: s.Metrics, Seed: s.Seed, Space: space.parameters, Notes: space.notes}
	p.Time, _ = limit(cmp.Or(m.Time, s.Time))
	if p.Metrics == nil {
		p.Metrics = train.DefaultMetrics()
	}
	if p.Sampler == SamplerHalving && learns != nil { // else its plugin did not answer, and the row fails
		p.Rungs = search.Rungs(p.Trials, learns.Epochs, s.Factor)
	}
	if n, finite := space.count(); finite && n < p.Trials {
		p.Notes = append(p.Notes, fmt.Sprintf("the space has %d configurations, fewer than the budget of %d: the search ends with them", n, p.Trials))
	}
	return p
}

// names are those of the settings that vary, in order, but one with a condition comes
// behind the one that it depends on.
func (m MethodSearch) names() (ordered []string) {
	left := slices.Sorted(maps.Keys(m.Space))
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(name string) bool {
			for other := range m.Space[name].When {
				if slices.Contains(left, other) {
					return false
				}
			}
			return true
		})
		at = max(at, 0) // conditions in a circle: one of them lacks what it needs, which is told
		ordered, left = append(ordered, left[at]), slices.Delete(left, at, at+1)
	}
	return ordered
}
