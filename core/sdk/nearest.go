package sdk

import "cllm4rec/core/schema"

// Nearest is the known name that is most like name, or "" when none is near; see
// schema.Nearest. It ends an error about a column, a field or a file that is not there.
func Nearest(name string, known []string) string { return schema.Nearest(name, known) }
