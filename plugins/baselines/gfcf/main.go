// Command gfcf is the recommender plugin of a linear graph filter.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
