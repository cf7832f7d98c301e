package report

import (
	"encoding/json"

	"cllm4rec/core/data"
)

// AuditInWords is what a split audit found, a sentence or two in each string; those
// that warn begin with "Warning".
func AuditInWords(a data.Audit) ([]string, error) {
	raw, err := json.Marshal(a)
	return auditNotes(raw), err
}
