// Command random is the recommender plugin that scores at random: the floor of a table.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
