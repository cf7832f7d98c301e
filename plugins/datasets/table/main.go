// Command table is the dataset plugin for tables of interactions: CSV, TSV, JSON lines
// and Parquet.
package main

import "cllm4rec/core/sdk"

func main() { sdk.ServeDataset(newDataset()) }
