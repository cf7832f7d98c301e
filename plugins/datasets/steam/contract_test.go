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

// tiny is one of the hand-made files in the format of the official ones; "" is their folder.
func tiny(t testing.TB, name string) string { return formatstest.Testdata(t, "tiny", name) }

// params of the three kinds of files.
func params(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	games := tiny(t, "steam_games.json")
	return map[string]json.RawMessage{
		"reviews":    json.RawMessage(fmt.Sprintf(`{"path":%q,"games":%q}`, tiny(t, "steam_new.json"), games)),
		"library":    json.RawMessage(fmt.Sprintf(`{"path":%q,"reviews":%q,"games":%q}`, tiny(t, "australian_users_items.json"), tiny(t, "australian_user_reviews.json"), games)),
		"australian": json.RawMessage(fmt.Sprintf(`{"path":%q,"games":%q,"year":2016}`, tiny(t, "australian_user_reviews.json"), games)),
	}
}

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfTheOtherFiles(t *testing.T) {
	all := params(t)
	for _, name := range []string{"library", "australian"} {
		t.Run(name, func(t *testing.T) {
			contracttest.DatasetWith(t, newDataset, contract.Check{Params: all[name], Sniff: tiny(t, "")})
		})
	}
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	goldens := map[string]map[int]string{
		"reviews":    {1: "95bc87aef4fe791c429b8cfcc307396c2be621787d61bf700310942ea1d069fe"},
		"library":    {1: "737a058afbf5fa161d98a4fa091ee0f354e0f6154d51235366fa0e3898328408"},
		"australian": {1: "d5810a96a62873d9c44d3fbe505600be2ab9b563bddbabf7b6f45bd66b37dc11"},
	}
	for name, params := range params(t) {
		t.Run(name, func(t *testing.T) { contracttest.DatasetGolden(t, newDataset(), params, goldens[name]) })
	}
}
