// Command noisy is a plugin with bad manners: it prints to stdout before and
// while it is served.
package main

import (
	"fmt"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/sdk"
)

func init() { fmt.Println("noise of an init function") }

func main() {
	fmt.Println("1|2|noise of main")
	_, _ = os.Stdout.WriteString("more noise\n")
	r := contracttest.NewFakeRecommender()
	r.Base = sdk.NewBase[contracttest.FakeRecommenderParams](contract.Info{
		Kind: contract.KindRecommender, Name: "noisy", Version: "1.0.0", Summary: "bad manners",
	})
	log := sdk.Logger()
	log.Warn().Int("answer", 42).Msg("a warning before Serve")
	sdk.ServeRecommender(r)
}
