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

// sample is the folder of a release that was made up in its form.
func sample(t testing.TB, name string) string { return formatstest.Testdata(t, name) }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfTracks(t *testing.T) {
	params := json.RawMessage(fmt.Sprintf(`{"path":%q,"item":"track","plays":"counts"}`, sample(t, "1k")))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: params, Sniff: sample(t, "1k")})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	for name, c := range map[string]struct {
		more    string
		goldens map[int]string
	}{
		"360k":   {``, map[int]string{1: "fede4c46488fa7db767ec6d0bee10ed624ebef6edd45e99d78be3ec16ecd5a7a"}},
		"1k":     {`,"item":"track"`, map[int]string{1: "1ac5e97c375d47495aaf9305c97356fdd6fec86ae3dd1acd9ebbdb76b96bc671"}},
		"hetrec": {`,"tags":"all"`, map[int]string{1: "341d82bde896aff5753912f8a22280af8c1a50bf25ead066d5e3a904e56955b0"}},
		"lfm-1b": {`,"item":"album","plays":"counts"`, map[int]string{1: "78e1a7db47343c6c8151a62af88b6d3aecab9f928719bc10f84db9a2b4850a6b"}},
	} {
		t.Run(name, func(t *testing.T) {
			contracttest.DatasetGolden(t, newDataset(), json.RawMessage(fmt.Sprintf(`{"path":%q%s}`, sample(t, name), c.more)), c.goldens)
		})
	}
}
