// Command bookcrossing is the dataset plugin for the Book-Crossing data set.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
