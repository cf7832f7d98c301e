package train

// Entry is one line of a training log: an epoch of training, or a validation.
// Curves are drawn from it; its form is the same for all methods.
type Entry struct {
	Stage string `json:"stage"`           // such as pretrain
	Epoch int    `json:"epoch"`           // of the stage, from 1
	Tower string `json:"tower,omitempty"` // of CLLM4Rec: collaborative or content
	// Loss is the mean over the steps, as trained; nil where nothing was trained.
	Loss *float64 `json:"loss,omitempty"`
	// Validation is the score that selection compares, higher is better; nil where
	// nothing was validated.
	Validation   *float64 `json:"validation,omitempty"`
	Seconds      float64  `json:"seconds"` // wall clock
	Steps        int64    `json:"steps,omitempty"`
	Examples     int64    `json:"examples,omitempty"`
	Tokens       int64    `json:"tokens,omitempty"`
	LearningRate float64  `json:"learning_rate,omitempty"` // before a schedule; 0: not the host's to know
	PeakMemory   int64    `json:"peak_memory,omitempty"`   // bytes on the device; 0: unknown, or on the CPU
}
