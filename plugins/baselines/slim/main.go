// Command slim is the recommender plugin of sparse linear methods.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
