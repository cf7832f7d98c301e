package sdk

import (
	"os"

	"cllm4rec/core/contract"
)

const envLogLevel = "CLLM4REC_LOG_LEVEL"

func logFile() *os.File { return os.Stderr }

func serve(kind contract.Kind, p contract.Plugin) { os.Exit(1) }
