package cllm4rec

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Head says among what main tokens are predicted in warm-up and pretraining, and in the content
// passes of finetuning.
type Head string

// MainText says what of a document these passes predict.
type MainText string

// The values of both; Config says what each means. The first of each is the paper's, which
// Settings leave empty.
const (
	HeadOwn      Head = "own"
	HeadExtended Head = "extended"

	MainHomogeneous   MainText = "homogeneous"
	MainHeterogeneous MainText = "heterogeneous"
)

// decideHead fills in what is predicted, and among what.
func (c Config) decideHead(s *Settings) {
	if c.Head == HeadExtended {
		s.Head = HeadExtended
	}
	if c.MainText == MainHeterogeneous {
		s.MainText = MainHeterogeneous
	}
}

// extended reports whether an objective goes over all tokens.
func (s Settings) extended(o contract.Objective) bool {
	return s.Head == HeadExtended && o != contract.Multinomial
}

// checkHead refuses main texts that their head cannot predict.
func (c Config) checkHead() (problems []schema.Problem) {
	if c.MainText == MainHeterogeneous && c.Head != HeadExtended {
		problems = append(problems, schema.Problem{Path: []string{"main_text"}, Message: "heterogeneous main texts have words, users and items, which one softmax over all of them predicts: say head: extended"})
	}
	if c.Head == HeadExtended && or(c.ItemBias, false) {
		problems = append(problems, schema.Problem{Path: []string{"item_bias"}, Message: "must not be true with head: extended, in whose softmax over all tokens items have no bias"})
	}
	return problems
}
