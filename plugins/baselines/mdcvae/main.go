// Command mdcvae is the recommender plugin of MD-CVAE, a collaborative and a content
// autoencoder that regularise each other.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
