package sdk

import "cllm4rec/core/schema"

// Hint ends a message about a name that is not known, such as that of a column: it
// asks whether the nearest one was meant, else lists what is known, at most the ten
// nearest; "" when nothing is known.
func Hint(name string, known []string) string { return schema.Hint(name, known) }
