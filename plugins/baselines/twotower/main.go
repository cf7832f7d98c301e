// Command twotower is the recommender plugin of two towers with an in-batch softmax.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
