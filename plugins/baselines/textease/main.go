// Command textease is the recommender plugin of EASE with item features, a linear
// autoencoder in closed form.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
