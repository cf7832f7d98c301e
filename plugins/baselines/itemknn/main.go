// Command itemknn is the recommender plugin that scores items by their
// similarity to the items of a user's history.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
