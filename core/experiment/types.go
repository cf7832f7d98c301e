// Package experiment reads an experiment file (YAML), finds everything that is
// wrong with it before any work starts, and makes a Plan: every trial with all
// its parameters resolved, under a hash of its content.
package experiment

import (
	"cmp"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/data"
	"cllm4rec/core/train"
)

// Experiment is what an experiment file says, after inheritance (`base:`).
type Experiment struct {
	Name     string    `json:"name" jsonschema:"required,minLength=1,maxLength=100,pattern=^[A-Za-z0-9][A-Za-z0-9._-]*$,description=name of the experiment; also names its folder of records"`
	Seeds    []uint64  `json:"seeds" jsonschema:"default=1,minItems=1,uniqueItems=true,minimum=0,description=every method is trained once per seed"`
	Datasets []Dataset `json:"datasets" jsonschema:"required,minItems=1,description=the data sets; each becomes a table"`
	Search   Search    `json:"search" jsonschema:"description=the budget of the methods that have a search"`
	Evaluate Evaluate  `json:"evaluate" jsonschema:"description=how every method is measured"`
	Methods  []Method  `json:"methods" jsonschema:"required,minItems=1,description=the methods; each becomes a row"`
	Table    Table     `json:"table" jsonschema:"description=what the table shows"`
	Limits   Limits    `json:"limits" jsonschema:"description=how long a trial may take; it changes no result"`
	// Sizes are taken by --size NAME; what is decoded has none.
	Sizes map[string]any `json:"sizes,omitempty" jsonschema:"description=other sizes of the experiment by name; each holds what it changes"`
}

// Use names a plugin with its parameters, which the plugin's own schema checks.
type Use struct {
	Plugin string         `json:"plugin" jsonschema:"required,minLength=1,description=name of the plugin (its folder)"`
	Params map[string]any `json:"params,omitempty" jsonschema:"description=parameters of the plugin; see cllm4rec plugins NAME"`
}

// Dataset is a data set as a dataset plugin reads it, filtered and split.
type Dataset struct {
	Name   string         `json:"name" jsonschema:"required,minLength=1,description=name in the tables"`
	Plugin string         `json:"plugin" jsonschema:"required,minLength=1,description=name of the dataset plugin"`
	Params map[string]any `json:"params,omitempty" jsonschema:"description=parameters of the plugin"`
	Filtering
	Split  data.SplitSpec `json:"split" jsonschema:"required,description=training; validation and test"`
	Repeat *Repeat        `json:"repeat,omitempty" jsonschema:"description=splits the data several times; the table shows means over the splits and says how far they lie apart"`
}

// Repeat splits a data set several times. Each split is trained and measured on its
// own.
type Repeat struct {
	Splits int `json:"splits" jsonschema:"required,minimum=2,maximum=1000" jsonschema_description:"number of splits: a random split is drawn with split.seed, split.seed + 1 and so on; k_fold and rolling go on from their fold or window to the next ones"`
}

// Filtering is the filter of a data set, under its name or the old one.
type Filtering struct {
	Filter *data.Filter `json:"filter,omitempty" jsonschema:"description=which interactions stay"`
	Keep   *data.Filter `json:"keep,omitempty" jsonschema:"description=the old name of filter"`
}

// filter is the one that is given.
func (f Filtering) filter() data.Filter {
	if f := cmp.Or(f.Filter, f.Keep); f != nil {
		return *f
	}
	return data.Filter{}
}

// Evaluate says how every method is measured.
type Evaluate struct {
	Candidates string   `json:"candidates" jsonschema:"enum=all,default=all,description=which items are ranked"`
	Mask       string   `json:"mask" jsonschema:"enum=train,enum=train+validation,default=train,description=which known items are dropped from a test ranking"`
	History    string   `json:"history" jsonschema:"enum=train,enum=train+validation,default=train,description=which items a method is told of when it ranks for test"`
	Metrics    []string `json:"metrics" jsonschema:"default=recall_min@20,default=recall_min@40,default=ndcg@100,minItems=1,description=metrics with their depths"`
	Ties       string   `json:"ties" jsonschema:"enum=hashed,enum=index,default=hashed,description=order of equal scores: by a hash of item and trial seed or by index"`
	Batch      int      `json:"batch" jsonschema:"minimum=1,maximum=65536,default=256,description=users per ranking request; it changes no result"`
}

// Method is a row of the table: exactly one of Recommender, Pipeline and Ensemble.
type Method struct {
	Name        string       `json:"name" jsonschema:"required,minLength=1,description=name in the tables"`
	Base        string       `json:"base,omitempty" jsonschema:"description=name of the method whose settings this one starts from; a key that is null here is taken out of them"`
	Row         bool         `json:"row" jsonschema:"default=true,description=false makes the method a base for others alone: it may be incomplete and is not run"`
	Recommender *Recommender `json:"recommender,omitempty" jsonschema:"description=a recommender plugin"`
	Pipeline    *Pipeline    `json:"cllm4rec,omitempty" jsonschema:"description=the CLLM4Rec pipeline over a backbone plugin"`
	// Search chooses settings of a recommender or pipeline on validation.
	Search   *MethodSearch `json:"search,omitempty" jsonschema:"description=settings that are chosen on validation; then the best configuration is run with every seed"`
	Ensemble *Ensemble     `json:"ensemble,omitempty" jsonschema:"description=one ranking out of those of other methods"`
}

// Recommender is a recommender plugin with what it is given beside interactions.
type Recommender struct {
	Use
	Features []Feature     `json:"features,omitempty" jsonschema:"minItems=1,description=feature matrices of items (or users) that the method is given; from texts or files or a language model or another method"`
	TextRows []TextRow     `json:"text_rows,omitempty" jsonschema:"minItems=1,description=the words of the items' texts as rows of further users; for any plugin with the capability side_interactions"`
	Train    *train.Config `json:"train,omitempty" jsonschema:"description=of a plugin that learns in epochs: how many; and which epoch's model ranks"`
}

// Ensemble fuses the rankings of other methods, data set by data set and seed by seed.
type Ensemble struct {
	Of      []string  `json:"of" jsonschema:"required,minItems=2,uniqueItems=true,description=names of the methods"`
	Weights []float64 `json:"weights,omitempty" jsonschema:"minItems=2,exclusiveMinimum=0,description=how much each of them counts (default: all the same)"`
	// Select chooses the weights in place of Weights.
	Select *WeightSelect `json:"select,omitempty" jsonschema:"description=chooses the weights on validation instead"`
	Fuse   string        `json:"fuse" jsonschema:"enum=rrf,enum=zscore,default=rrf" jsonschema_description:"rrf adds up weight / (60 + rank), zscore the weighted scores after each user's were brought to mean 0 and deviation 1"`
	Depth  int           `json:"depth" jsonschema:"default=1000,minimum=1000,maximum=1000000000" jsonschema_description:"how many items of each user's ranking count, and are stored by the methods; a number beyond that of the items takes all"`
}

// WeightSelect tries every combination of the given weights.
type WeightSelect struct {
	Grid    [][]float64 `json:"grid" jsonschema:"required,minItems=2" jsonschema_description:"for each of the methods the weights that are tried, from 0; of equal combinations the first is taken"`
	Metrics []string    `json:"metrics,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"the sum of these decides (default recall_min@20; recall_min@40; ndcg@100)"`
}

// Pipeline is CLLM4Rec over a backbone.
type Pipeline struct {
	Backbone Use       `json:"backbone" jsonschema:"required,description=the language model"`
	Features []Feature `json:"features,omitempty" jsonschema:"minItems=1,description=feature matrices of items that tokens are made of (tokens: {from: features}); rows are brought to length 1 and matrices put side by side"`
	cllm4rec.Config
}

// Limits end a trial that takes too long, which is then a failed cell.
type Limits struct {
	Trial   string `json:"trial,omitempty" jsonschema:"description=longest time of one trial; such as 90m or 2h (default: none)"`
	Silence string `json:"silence,omitempty" jsonschema:"description=longest time without a sign of life of a plugin that works; such as 30m (default: the program's own)"`
}

// Table says what the table shows.
type Table struct {
	Against   string      `json:"against,omitempty" jsonschema:"description=name of the method that all others are tested against"`
	Published []Published `json:"published,omitempty" jsonschema:"description=published numbers to show beside the measured ones"`
	// PublishedFrom is nil in a plan, whose Published has the numbers of the files.
	PublishedFrom []PublishedFile `json:"published_from,omitempty" jsonschema:"minItems=1" jsonschema_description:"files of published numbers, of which those in the experiment's metrics are shown"`
	// Statistics vary the tests and intervals; nil is the t-test and Student's interval.
	Statistics *Statistics `json:"statistics,omitempty" jsonschema:"description=how the table tests and bounds its means; see docs/statistics.md"`
	Strata     *Strata     `json:"strata,omitempty" jsonschema:"description=results by groups of items and users too: in JSON and CSV; in other formats with table --by"`
}

// Statistics say how a table tests and bounds its means.
type Statistics struct {
	Test       string  `json:"test" jsonschema:"enum=t,enum=wilcoxon,enum=randomisation,default=t,description=paired two-sided test over users behind the marks"`
	Interval   string  `json:"interval" jsonschema:"enum=student,enum=percentile,enum=bca,default=student" jsonschema_description:"interval over users: Student's, or a bootstrap of 10,000 resamples by percentiles or bias-corrected and accelerated"`
	Level      float64 `json:"level" jsonschema:"default=0.95,minimum=0.5,maximum=0.9999,description=level of the intervals; marks need a corrected p below 1 - level"`
	Zeros      string  `json:"zeros" jsonschema:"enum=wilcox,enum=pratt,default=wilcox" jsonschema_description:"wilcoxon: users without a difference are left out (wilcox) or ranked and then left out (pratt)"`
	Continuity bool    `json:"continuity" jsonschema:"default=false" jsonschema_description:"wilcoxon: continuity correction of the normal approximation, which is used from 51 differing users on"`
	Seed       uint64  `json:"seed" jsonschema:"minimum=0,description=of the resamples of randomisation and bootstrap"`
}

// Strata divide the results; a list that is left out is quartiles of the data.
type Strata struct {
	ItemCount      []int    `json:"item_count,omitempty" jsonschema:"minItems=1,minimum=0" jsonschema_description:"rising upper borders of training interactions of a relevant item, such as 4, 8, 16, 40 (default: quartiles)"`
	UserActivity   []int    `json:"user_activity,omitempty" jsonschema:"minItems=1,minimum=0" jsonschema_description:"rising upper borders of training interactions of a user (default: quartiles)"`
	UserAttributes []string `json:"user_attributes,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"attributes of users by whose values results are divided; the data sets must have them"`
}

// Published is a number from the literature; it is shown in a marked row and
// takes part in no test.
type Published struct {
	Dataset string  `json:"dataset,omitempty" jsonschema:"description=name of the data set; may be left out when there is only one"`
	Method  string  `json:"method" jsonschema:"required,minLength=1,description=name of the row"`
	Metric  string  `json:"metric" jsonschema:"required,minLength=1,description=one of the experiment's metrics"`
	Value   float64 `json:"value" jsonschema:"required,description=the published number"`
	Source  string  `json:"source" jsonschema:"required,minLength=1,description=where it was published"`
	Mark    string  `json:"mark,omitempty" jsonschema:"description=what is to be known of the number; such as unverified; it stands behind the source"`
}

// PublishedFile is a CSV file of published numbers: a line each, with the columns dataset,
// method, metric, value, source and, where there is something to say, mark. Lines that begin
// with # are comments.
type PublishedFile struct {
	File    string   `json:"file" jsonschema:"required,minLength=1,format=path" jsonschema_description:"CSV with the columns dataset, method, metric, value, source and mark (which may be missing)"`
	Of      string   `json:"of,omitempty" jsonschema:"description=data set in the file; may be left out when it has only one"`
	Dataset string   `json:"dataset,omitempty" jsonschema:"description=name of the data set beside which the numbers are shown; may be left out when there is only one"`
	Rows    []string `json:"rows,omitempty" jsonschema:"minItems=1,uniqueItems=true,description=methods of the file that are shown (default: all)"`
}
