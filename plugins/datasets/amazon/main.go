// Command amazon is the dataset plugin for the Amazon reviews of 2014, 2018 and 2023.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
