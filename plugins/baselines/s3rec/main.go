// Command s3rec is the recommender plugin of S3-Rec, a transformer that is pretrained on
// items, attributes and segments before it predicts next items.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeRecommender(New()) }
