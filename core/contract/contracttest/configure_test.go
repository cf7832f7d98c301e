package contracttest

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract"
)

func configure(t testing.TB, p contract.Plugin, params string) {
	t.Helper()
	if _, err := p.Configure(t.Context(), json.RawMessage(params)); err != nil {
		t.Fatal(err)
	}
}
