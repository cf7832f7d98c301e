// Command popularity is the recommender plugin that ranks items by how often
// they occur in training.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
