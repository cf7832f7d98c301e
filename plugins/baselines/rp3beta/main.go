// Command rp3beta is the recommender plugin of random walks of three steps.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
