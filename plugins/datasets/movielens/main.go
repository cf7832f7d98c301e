// Command movielens is the dataset plugin for the MovieLens releases of GroupLens.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
