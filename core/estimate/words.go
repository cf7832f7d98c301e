package estimate

import (
	"fmt"
	"time"
)

// Time is a duration in the unit that suits it: "< 0.1 s", "0.3 s", "25 min", "3.4 h", "12 days".
func Time(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < .1:
		return "< 0.1 s"
	case s < 1:
		return fmt.Sprintf("%.1f s", s)
	case s < 90:
		return fmt.Sprintf("%.0f s", s)
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 36*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d < 10*24*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	default:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	}
}

// Bytes is a size in powers of 1,024: "38 MiB", "2.3 GiB".
func Bytes(n float64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", n/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.0f MiB", n/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", n/(1<<30))
}

// Words is a figure by the way in which its values are written.
func (f Figure) Words(write func(float64) string) string {
	switch {
	case !f.Known:
		return "unknown"
	case f.AtMost:
		return "≤ " + write(f.Value)
	}
	return write(f.Value)
}

// Seconds writes seconds as Time does.
func Seconds(s float64) string { return Time(time.Duration(s * float64(time.Second))) }
