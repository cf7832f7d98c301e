// Command lightgcn is the recommender plugin of light graph convolution.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
