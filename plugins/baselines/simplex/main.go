// Command simplex is the recommender plugin of cosine contrastive learning.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
