package experiment

import (
	"fmt"
	"time"
)

// LimitsPlan are Limits as times; 0 is the program's own.
type LimitsPlan struct {
	Trial   time.Duration `json:"trial_ns,omitempty"`
	Silence time.Duration `json:"silence_ns,omitempty"`
}

// decided reads limits that were checked.
func (l Limits) decided() LimitsPlan {
	trial, _ := limit(l.Trial)
	silence, _ := limit(l.Silence)
	return LimitsPlan{Trial: trial, Silence: silence}
}

// limit reads a time such as 90m; "" is 0.
func limit(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return 0, fmt.Errorf("%q is no time from 1s; expected hours, minutes and seconds, such as 2h, 90m or 1h30m", text)
	}
	return d, nil
}

func (c *checker) checkLimits() {
	for _, name := range []string{"trial", "silence"} {
		if _, err := limit(c.root.Get("limits").Get(name).Text()); err != nil {
			c.at(err.Error(), "limits", name)
		}
	}
}
