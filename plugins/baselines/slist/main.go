// Command slist is the recommender plugin of a linear next-item model.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
