package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Joint trains the towers on with the scores of another method added to their logits,
// behind finetuning, so that they learn what that method does not know:
//
//   - sum_{j in hold} ln softmax_j(Z^v h + b + gamma s)
//
// with s the other method's scores for the masked history, as it would have given them
// had the user not been in its training data (contract.LeavesOut): a method that was
// fitted to the targets would leave nothing to learn. s has mean 0 and deviation 1 over the
// depth first items that are not in the history; another item counts as the last of them.
type Joint struct {
	With   string   `json:"with" jsonschema:"required,minLength=1" jsonschema_description:"name of the method, a recommender with the capability leave_out; it is fitted once more, beside the backbone"`
	Gamma  float64  `json:"gamma" jsonschema:"required,exclusiveMinimum=0" jsonschema_description:"weight of its scores, such as linear.gamma: search found on validation"`
	Epochs *int     `json:"epochs,omitempty" jsonschema:"minimum=1,maximum=1000000000" jsonschema_description:"passes over the users (default 1)"`
	Rate   *float64 `json:"lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Adam's learning rate (default: a quarter of finetune.lr)"`
	Depth  *int     `json:"depth,omitempty" jsonschema:"minimum=1000,maximum=1000000000" jsonschema_description:"how many of its items count (default 1000); a number beyond that of the items takes all"`
}

// JointSettings are a Joint, decided.
type JointSettings struct {
	With   string  `json:"with,omitempty"`
	Gamma  float64 `json:"gamma"`
	Epochs int     `json:"epochs"`
	Rate   float64 `json:"lr"`
	Depth  int     `json:"depth"`
}

// decide fills in the defaults; rate is finetuning's.
func (j *Joint) decide(rate float64) *JointSettings {
	if j == nil {
		return nil
	}
	return &JointSettings{With: j.With, Gamma: j.Gamma, Epochs: or(j.Epochs, 1), Rate: or(j.Rate, rate/4), Depth: or(j.Depth, 1000)}
}

// checkJoint refuses joint training that has nothing to go on from.
func (c Config) checkJoint() []schema.Problem {
	if c.Joint == nil || or(c.Finetune.Epochs, 1) > 0 {
		return nil
	}
	return []schema.Problem{{Path: []string{"joint"}, Message: "goes on from finetuning, and finetune.epochs is 0"}}
}

// WithoutUsers answers queries by training users, each of whom is left out.
type WithoutUsers func(ctx context.Context, queries []contract.Query) ([]contract.Ranking, error)

// joint is stage 4: passes over masked histories as in finetuning. The content tower
// stays as it is.
func (s Settings) joint() (passes []Pass) {
	if s.Joint == nil {
		return nil
	}
	for epoch := 1; epoch <= s.Joint.Epochs; epoch++ {
		p := s.pass(StageJoint, epoch, s.Joint.Epochs, towerCollaborative, contract.Multinomial, s.Joint.Rate)
		p.Spec.Priors = s.collaborativePriors(s.Finetune.LambdaC, s.Finetune.LambdaL, s.PriorOnTargets)
		p.Spec.FreshOptimiser = epoch == 1
		passes = append(passes, p)
	}
	return passes
}

// offsets gives each of some users' documents what the other method says of its history.
func (f *fitter) offsets(ctx context.Context, users []int32, docs []contract.Example) error {
	j, queries := f.settings.Joint, make([]contract.Query, len(docs))
	for i, d := range docs {
		history := f.build.Items(d.Prompt)
		queries[i] = contract.Query{User: users[i], History: history, K: int32(min(j.Depth+len(history), f.in.Items))}
	}
	answers, err := f.in.Without(ctx, queries)
	if err != nil {
		return err
	}
	if len(answers) != len(docs) {
		return contract.Errorf(contract.ErrBadData, "the method of joint.with answered %d queries with %d rankings", len(docs), len(answers))
	}
	for i, a := range answers {
		if err := a.Check(queries[i], f.in.Items); err != nil {
			return err
		}
		docs[i].Offsets = j.offsets(a.Without(queries[i].History))
	}
	return nil
}

// offsets are gamma times the standard scores of the first items of a list.
func (s JointSettings) offsets(list contract.Ranking) (o contract.Offsets) {
	if n := min(s.Depth, len(list.Items)); n < len(list.Items) {
		list = contract.Ranking{Items: list.Items[:n], Scores: list.Scores[:n]}
	}
	points, lowest := list.Standard()
	o.Items, o.Else = list.Items, float32(s.Gamma*lowest)
	for _, z := range points {
		o.Values = append(o.Values, float32(s.Gamma*z))
	}
	return o
}
