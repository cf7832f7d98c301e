// Command bprmf is the recommender plugin of matrix factorisation with Bayesian
// personalised ranking.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
