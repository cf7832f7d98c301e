package sdk

import (
	"os"

	"github.com/rs/zerolog"
)

// Logger writes lines that the runner shows under the plugin's name, at the
// runner's own level. It may be used before and while the plugin is served.
func Logger() zerolog.Logger {
	level, err := zerolog.ParseLevel(os.Getenv(envLogLevel))
	if err != nil || level == zerolog.NoLevel {
		level = zerolog.InfoLevel
	}
	return zerolog.New(logFile()).Level(level).With().Timestamp().Logger()
}
