// Command ials is the recommender plugin of implicit alternating least squares.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
