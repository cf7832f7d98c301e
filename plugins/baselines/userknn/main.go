// Command userknn is the recommender plugin that scores items by the users who are
// most similar to a history.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
