// Command bert4rec is the recommender plugin of BERT4Rec, a transformer that fills in
// masked items of a history.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
