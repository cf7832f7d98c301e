package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

// sample is the folder of a form that was made up.
func sample(t testing.TB, name string) string { return formatstest.Testdata(t, name) }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfAMirror(t *testing.T) {
	params := json.RawMessage(fmt.Sprintf(`{"path":%q,"implicit":"only"}`, sample(t, "mirror")))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: params, Sniff: sample(t, "mirror")})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	for name, goldens := range map[string]map[int]string{
		"bx":     {1: "f894fa19fc66702df83458f51fd493e241f1245460f9f595b649c14d8f7271bd"},
		"mirror": {1: "c509d086388abf43014bec08b5b0591a81cc73a22cac8e3f4c3d3c7221b6e22d"},
		"short":  {1: "6e447f8c597829babea9ba57595b5369c8a5289ddbb37b9a8ab3369fc1861537"},
	} {
		t.Run(name, func(t *testing.T) {
			contracttest.DatasetGolden(t, newDataset(), json.RawMessage(fmt.Sprintf(`{"path":%q}`, sample(t, name))), goldens)
		})
	}
}
