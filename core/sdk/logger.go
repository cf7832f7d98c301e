package sdk

import (
	"os"

	"cllm4rec/core/pluginrpc"

	"github.com/hashicorp/go-hclog"
	"github.com/rs/zerolog"
)

// Logger writes lines that the runner shows under the plugin's name, at the
// runner's own level. It may be used before and while the plugin is served.
func Logger() zerolog.Logger {
	level, err := zerolog.ParseLevel(os.Getenv(pluginrpc.EnvLogLevel))
	if err != nil || level == zerolog.NoLevel {
		level = zerolog.InfoLevel
	}
	return zerolog.New(stdio.log).Level(level).With().Timestamp().Logger()
}

// libraryLogger takes what go-plugin itself has to say, if it matters.
func libraryLogger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: stdio.log, JSONFormat: true})
}
