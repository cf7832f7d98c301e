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

func TestContractOfAFold(t *testing.T) {
	params := json.RawMessage(fmt.Sprintf(`{"path":%q,"fold":"u1"}`, sample(t, "ml-100k")))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: params, Sniff: sample(t, "ml-100k")})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	for name, c := range map[string]struct {
		more    string
		goldens map[int]string
	}{
		"ml-100k": {`,"title":"without_year"`, map[int]string{1: "4349f91a06bf2d9b44f09390b1166497a04980dbcdf3ba072c7cff62f6ae60e6"}},
		"ml-1m":   {``, map[int]string{1: "4dde028a7de5877404d38f402193a0e22343f05f14cc45ea5bf82ff39d0473e1"}},
		"ml-10m":  {`,"tags":"all","fold":"r1"`, map[int]string{1: "63c66600005358779e58771ed4f53b8be8c4409cdfb2de981186307215c149e8"}},
		"ml-20m":  {`,"tags":"all"`, map[int]string{1: "5f6a5c76150ba32156cd6137468ae0b686c99b3d7526170673136837104aba1f"}},
	} {
		t.Run(name, func(t *testing.T) {
			contracttest.DatasetGolden(t, newDataset(), json.RawMessage(fmt.Sprintf(`{"path":%q%s}`, sample(t, name), c.more)), c.goldens)
		})
	}
}
