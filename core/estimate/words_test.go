package estimate

import (
	"testing"
	"time"
)

func TestTimesAndSizesAreWrittenInTheUnitThatSuitsThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "< 0.1 s", 300 * time.Millisecond: "0.3 s", 89 * time.Second: "89 s", 25 * time.Minute: "25 min", 3*time.Hour + 24*time.Minute: "3.4 h", 54 * time.Hour: "2.2 days", 12 * 24 * time.Hour: "12 days",
	} {
		if got := Time(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	for n, want := range map[float64]string{2048: "2 KiB", 38 << 20: "38 MiB", 2.3 * (1 << 30): "2.3 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
	}
	if got := (Figure{Known: true, Value: 60, AtMost: true}).Words(Seconds); got != "≤ 60 s" {
		t.Errorf("got %q", got)
	}
}
