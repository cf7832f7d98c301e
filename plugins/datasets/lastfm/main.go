// Command lastfm is the dataset plugin for the published data sets of Last.fm.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
