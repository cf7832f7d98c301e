// Command ease is the recommender plugin of EASE, a linear autoencoder in
// closed form.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
