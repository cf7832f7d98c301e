// Command sasrec is the recommender plugin of SASRec, a causal transformer over the
// items of a history.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
