// Command gru4rec is the recommender plugin of GRU4Rec, gated recurrent units over the
// items of a history.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
