// Command yelp is the dataset plugin for the Yelp Open Dataset.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
