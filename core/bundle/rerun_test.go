package bundle

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

func TestOnlyKeepsWhatAMethodNeeds(t *testing.T) {
	plan := &experiment.Plan{
		Methods: []experiment.MethodPlan{{Name: "A"}, {Name: "B"}, {Name: "Sum"}, {Name: "Sum of sums"}},
		Trials: []experiment.Trial{
			{Key: "a1", Method: 0}, {Key: "b1", Method: 1}, {Key: "s1", Method: 2, Needs: []int{1}}, {Key: "t1", Method: 3, Needs: []int{2, 1}},
			{Key: "a2", Method: 0}, {Key: "b2", Method: 1}, {Key: "s2", Method: 2, Needs: []int{5}}, {Key: "t2", Method: 3, Needs: []int{6, 5}},
		},
	}
	whole := plan.Trials
	if err := Only(plan, []string{"Sum of sums"}); err != nil {
		t.Fatal(err)
	}
	want := []experiment.Trial{
		{Key: "b1", Method: 1}, {Key: "s1", Method: 2, Needs: []int{0}}, {Key: "t1", Method: 3, Needs: []int{1, 0}},
		{Key: "b2", Method: 1}, {Key: "s2", Method: 2, Needs: []int{3}}, {Key: "t2", Method: 3, Needs: []int{4, 3}},
	}
	if !reflect.DeepEqual(plan.Trials, want) {
		t.Errorf("got %+v", plan.Trials)
	}
	if whole[7].Needs[0] != 6 {
		t.Error("the plan's own trials were changed")
	}
}

// method is one of a plugin with a setting.
func method(name string, setting int) experiment.MethodPlan {
	params := json.RawMessage(fmt.Sprintf(`{"lambda":%d}`, setting))
	return experiment.MethodPlan{Name: name, Plugin: experiment.PluginPlan{Kind: contract.KindRecommender, Name: "p", Params: params, Portable: params}}
}

// A row that needs a searched one needs the other row of that where a search chose otherwise.
func TestWhatNeedsASearchedMethodNeedsWhatWasChosenOnItsData(t *testing.T) {
	searched, fused := method("Tuned", 0), experiment.MethodPlan{Name: "Both", Ensemble: &experiment.Fusion{Fuse: experiment.FuseRRF, Depth: 300}, Needs: []int{0, 1}}
	searched.Search = &experiment.SearchPlan{Trials: 2}
	plan := &experiment.Plan{
		Schema: experiment.PlanSchema, Seeds: []uint64{1}, Evaluate: experiment.Evaluate{Metrics: []string{"ndcg@10"}}, Methods: []experiment.MethodPlan{searched, method("Plain", 1), fused},
		Datasets: []experiment.DatasetPlan{{Name: "A"}, {Name: "B"}},
	}
	for i := range plan.Datasets {
		plan.Datasets[i].Plugin = experiment.PluginPlan{Kind: contract.KindDataset, Name: plan.Datasets[i].Name, Params: json.RawMessage(`{}`), Portable: json.RawMessage(`{}`)}
	}
	for d, setting := range []int{5, 6} {
		if err := plan.Choose(experiment.Choice{Dataset: d, Method: 0, Plan: method("Tuned", setting), Tried: make([]experiment.Tried, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := (&Opened{Plan: plan}).Fix(plan); err != nil { // which holds every key against the plan
		t.Fatal(err)
	}
	if m := plan.Methods; len(m) != 5 || m[3].Name != "Tuned, on B" || m[4].Name != "Both, on B" || !slices.Equal(m[4].Needs, []int{3, 1}) || !slices.Equal(m[2].Needs, []int{0, 1}) {
		t.Errorf("methods %+v", plan.Methods)
	}
	if err := plan.Check(); err != nil {
		t.Error(err)
	}
}

func TestWhatSearchesChoseStandsInPlaceOfThem(t *testing.T) {
	searched := method("Tuned", 0)
	searched.Search = &experiment.SearchPlan{Trials: 2}
	plan := &experiment.Plan{
		Schema: experiment.PlanSchema, Seeds: []uint64{1}, Evaluate: experiment.Evaluate{Metrics: []string{"ndcg@10"}}, Methods: []experiment.MethodPlan{searched, method("Plain", 1)},
		Datasets: []experiment.DatasetPlan{{Name: "A"}, {Name: "B"}, {Name: "C"}},
	}
	for i := range plan.Datasets {
		plan.Datasets[i].Plugin = experiment.PluginPlan{Kind: contract.KindDataset, Name: plan.Datasets[i].Name, Params: json.RawMessage(`{}`), Portable: json.RawMessage(`{}`)}
	}
	for d, setting := range []int{5, 6, 5} {
		if err := plan.Choose(experiment.Choice{Dataset: d, Method: 0, Plan: method("Tuned", setting), Tried: make([]experiment.Tried, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for _, trial := range plan.Trials {
		keys = append(keys, trial.Key)
	}
	if err := (&Opened{Plan: plan}).Fix(plan); err != nil {
		t.Fatal(err)
	}
	var names, fixed []string
	for _, m := range plan.Methods {
		names = append(names, m.Name)
	}
	for _, trial := range plan.Trials {
		fixed = append(fixed, trial.Key)
	}
	if want := []string{"Tuned", "Plain", "Tuned, on B"}; !slices.Equal(names, want) || len(keys) != 6 || !slices.Equal(fixed, keys) {
		t.Errorf("methods %q, keys %q, want %q", names, fixed, keys)
	}
	if string(plan.Methods[0].Plugin.Params) != `{"lambda":5}` || string(plan.Methods[2].Plugin.Params) != `{"lambda":6}` {
		t.Errorf("got %+v", plan.Methods)
	}
	if err := plan.Check(); err != nil {
		t.Error(err)
	}
	unfinished := &experiment.Plan{Methods: []experiment.MethodPlan{searched}}
	if err := (&Opened{Plan: unfinished}).Fix(unfinished); !contract.IsBadInput(err) {
		t.Errorf("got %v", err)
	}
}
