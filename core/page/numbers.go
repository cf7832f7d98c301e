package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cllm4rec/core/report"
)

// minus is the sign that figures and tables show.
const minus = "−"

// fixed has four decimals, as the terminal's table; "–" where there is no number.
func fixed(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strings.Replace(fmt.Sprintf("%.4f", v), "-", minus, 1)
}

// signed is fixed with its sign.
func signed(n report.Number) string {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strings.Replace(fmt.Sprintf("%+.4f", v), "-", minus, 1)
}

// pText is a p-value in as many digits as say something.
func pText(n report.Number) string {
	switch v := float64(n); {
	case math.IsNaN(v):
		return "–"
	case v < 0.0001:
		return "< 0.0001"
	case v < 0.01:
		return fmt.Sprintf("%.4f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// interval is "[low, high]"; "" where there is none.
func interval(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return "[" + fixed(low) + ", " + fixed(high) + "]"
}

// seconds is a duration for people.
func seconds(s float64) string {
	switch {
	case s < 0.01:
		return fmt.Sprintf("%.1f ms", 1000*s)
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	default:
		return (time.Duration(s) * time.Second).String()
	}
}

// thousands groups the digits of a count.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "\u202f" + s[at:]
	}
	return s
}

// counted is "1 trial" or "3 trials".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}
