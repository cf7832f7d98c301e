package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

// tiny is the folder of hand-made files in the format of the official ones.
func tiny(t testing.TB) string { return formatstest.Testdata(t, "tiny") }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	params := fmt.Sprintf(`{"path":%q,"tips":"interactions","tip_value":3}`, tiny(t))
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(params), map[int]string{1: "9c68c2989bfd9f59b9bb8a77f507947378378c06beb05f510bbbe83ee3ea7275"})
}
