// Command recvae is the recommender plugin of RecVAE.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
