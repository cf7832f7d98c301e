// Command steam is the dataset plugin for the Steam reviews, libraries and games that
// McAuley's group publishes.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
