// Command multivae is the recommender plugin of Multi-VAE, a variational
// autoencoder with a multinomial likelihood.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
