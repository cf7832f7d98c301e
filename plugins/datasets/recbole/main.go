// Command recbole is the dataset plugin for RecBole's atomic files.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
