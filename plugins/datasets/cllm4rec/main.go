// Command cllm4rec is the dataset plugin for the folders that the CLLM4Rec
// authors' code reads.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
