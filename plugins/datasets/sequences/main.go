// Command sequences is the dataset plugin for text files of lines
// `user item item ...`, as S3-Rec, SASRec and LightGCN are released with.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
