package contract

// Resources are what the host gives one trial to work with. They are assigned,
// never declared as content: they change no number beyond rounding and enter no
// key. Where a parameter of the plugin means the same, a value here wins.
type Resources struct {
	Threads int    // at most this many threads; 0: the plugin's own choice
	Device  string // such as "cpu" or "cuda:1"; "": the plugin's own choice
	Memory  int64  // bytes that the process should not exceed; 0: no limit is known
	// MicroBatch is the most tokens of one forward and backward pass; a batch with
	// more is cut and its gradients are added up; 0: the plugin's own choice.
	MicroBatch int64
	// Attention names a kernel of attention; "": the plugin's own choice.
	Attention string
	// Checkpointing trades time for memory in a backward pass; nil: the plugin's
	// own choice.
	Checkpointing *bool
}
