// Command text is the recommender plugin that ranks by the cosine between the features
// of items, such as the words of their texts.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
