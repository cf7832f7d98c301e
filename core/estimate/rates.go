package estimate

import "cllm4rec/core/contract"

// rate is what this project's documents say of a plugin. One that is not among them is
// scaled by interactions, from records or a probe.
type rate struct {
	train work
	near  work // what tells how near an observation is; nil: train
	// matrices is how many [items x items] matrices of float64 it takes: those that its
	// README names, and what lies beside them, by the peaks in docs/results.md; 0: nothing
	// of this shape decides.
	matrices float64
	seen     []documented
}

// documented is a row of a document; a test holds it against the document.
type documented struct {
	at                Sizes
	train, rank, peak float64 // seconds, seconds, MiB
	where             string
}

// What the documents' rows were measured on.
var (
	beauty      = Sizes{Users: 10553, Items: 6086, Interactions: 70614}
	leaveOneOut = Sizes{Users: 22363, Items: 12101, Interactions: 153776}
)

const (
	resultsPaper = "docs/results.md, the paper's Beauty"
	resultsLast  = "docs/results.md, leave-one-out Beauty"
)

func onBeauty(train, rank, peak float64) documented {
	return documented{beauty, train, rank, peak, resultsPaper}
}

func onLeaveOneOut(train, rank, peak float64) documented {
	return documented{leaveOneOut, train, rank, peak, resultsLast}
}

// with is a row with the parameters that its plugin's work depends on.
func (d documented) with(params map[string]float64) documented {
	d.at.Params = params
	return d
}

// ialsParams are those of iALS in both tables.
var ialsParams = map[string]float64{"dim": 384, "sweeps": 12}

// The works of the plugins' READMEs, in their largest terms. The sum of squared lengths of
// histories is taken for interactions squared over users.
var (
	pairs    = work{"interactions", "interactions", "1/users"}
	cubic    = work{"items", "items", "items"}
	epochal  = work{"interactions", "epochs"}
	dense    = work{"users", "items", "epochs"}
	language = work{"tokens", "parameters"}
)

// recommenders are the rates of recommender plugins by name.
var recommenders = map[string]rate{
	"random":     {train: work{"interactions"}, seen: []documented{onBeauty(.01, 1.95, 28)}},
	"popularity": {train: work{"interactions"}, seen: []documented{onBeauty(.01, .13, 30), onLeaveOneOut(.04, .16, 33)}},
	"itemknn":    {train: pairs, seen: []documented{onBeauty(.54, 2.09, 62), onLeaveOneOut(.36, 2.33, 63)}},
	"userknn":    {train: work{"interactions"}, seen: []documented{onBeauty(.01, 3.43, 37)}},
	"rp3beta":    {train: pairs, seen: []documented{onBeauty(.07, 1.1, 56)}},
	"gfcf":       {train: work{"interactions", "dim"}, seen: []documented{onBeauty(20, .96, 256).with(map[string]float64{"dim": 192})}},
	"slim":       {train: pairs, seen: []documented{onBeauty(10, .5, 67)}},
	"ease":       {train: cubic, matrices: 1.5, seen: []documented{onBeauty(40, 3.76, 497), onLeaveOneOut(32, 3.11, 1526)}},
	"textease":   {train: cubic, matrices: 2.75, seen: []documented{onBeauty(31, 2.18, 807)}},
	"slist":      {train: cubic, matrices: 2.5, seen: []documented{onBeauty(12, .88, 781), onLeaveOneOut(82, 3.25, 2643)}},
	"ials":       {train: work{"rows", "dim", "dim", "sweeps"}, seen: []documented{onBeauty(24, 13, 121).with(ialsParams), onLeaveOneOut(16, 4.29, 219).with(ialsParams)}},
	"text":       {train: work{"interactions"}, seen: []documented{onBeauty(.98, 25, 35)}},
	"multivae":   {train: dense, seen: []documented{onBeauty(1614, 2.8, 599)}},
	"recvae":     {train: dense, seen: []documented{onBeauty(425, 1.55, 688)}},
	"mdcvae":     {train: dense, seen: []documented{onBeauty(566, 1.89, 392)}},
	"bprmf":      {train: epochal, seen: []documented{onBeauty(97, .62, 257)}},
	"lightgcn":   {train: work{"interactions", "interactions", "epochs"}, seen: []documented{onBeauty(832, 3.68, 356)}},
	"simplex":    {train: work{"interactions", "epochs", "negatives"}, seen: []documented{onBeauty(727, 1.18, 338)}},
	"twotower":   {train: epochal, seen: []documented{onBeauty(131, 1.56, 281)}},
	"sasrec":     {train: dense, seen: []documented{onBeauty(391, 1.24, 354), onLeaveOneOut(1271, 2.56, 407)}},
	"bert4rec":   {train: dense, seen: []documented{onBeauty(651, 3.59, 587), onLeaveOneOut(1251, 15, 827)}},
	"s3rec":      {train: dense, seen: []documented{onBeauty(1071, 1.3, 1619), onLeaveOneOut(1890, 14, 1801)}},
	"gru4rec":    {train: dense, seen: []documented{onBeauty(161, .65, 299), onLeaveOneOut(1616, 4.52, 361)}},
}

// backbones is the rate of every backbone: tokens a second of GPT-2's small and tiny shape in
// float32, between those of the collaborative and of the content tower, and of a smaller one
// with item tokens made of features.
var backbones = rate{train: language, near: work{"parameters"}, seen: []documented{
	{Sizes{Tokens: 380, Parameters: 124e6}, 1, 0, 0, "docs/performance.md, GPT-2 small, 380 tokens/s"},
	{Sizes{Tokens: 20000, Parameters: 1.06e6}, 1, 0, 0, "docs/performance.md, tiny GPT-2, 20,000 tokens/s"},
	{Sizes{Tokens: 11000, Parameters: 0.26e6}, 1, 0, 0, "docs/plus-r.md, stories260K, 11,000 tokens/s"},
}}

// distance is how far an observation is from a case.
func (r rate) distance(of, to Sizes) float64 {
	if r.near != nil {
		return far(r.near.ratio(of, to))
	}
	return far(r.train.ratio(of, to))
}

// rateOf is that of a plugin; the general one where no document says anything.
func rateOf(kind, plugin string) rate {
	if kind == string(contract.KindBackbone) {
		return backbones
	}
	if r, known := recommenders[plugin]; known {
		return r
	}
	return rate{train: epochal}
}
