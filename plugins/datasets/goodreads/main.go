// Command goodreads is the dataset plugin for the UCSD Book Graph.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
