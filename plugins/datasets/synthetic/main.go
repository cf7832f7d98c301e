// Command synthetic is the dataset plugin that invents users, items,
// interactions and texts from a seed.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
