package results

import "cllm4rec/core/train"

// curvePoints are what an entry of a training log says, each with the name of its curve.
func curvePoints(e train.Entry) []named {
	stage := e.Stage
	if e.Tower != "" {
		stage += "_" + e.Tower
	}
	var all []named
	if e.Validation != nil {
		all = append(all, named{"validation/" + stage, *e.Validation})
	}
	if e.Loss == nil {
		return all
	}
	all = append(all, named{"loss/" + stage, *e.Loss})
	if e.LearningRate > 0 {
		all = append(all, named{"learning_rate/" + stage, e.LearningRate})
	}
	if e.Tokens > 0 && e.Seconds > 0 {
		all = append(all, named{"tokens_per_second/" + stage, float64(e.Tokens) / e.Seconds})
	}
	return all
}
