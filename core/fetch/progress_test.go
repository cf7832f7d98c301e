package fetch

import "testing"

func TestSizesReadLikeThoseOfOtherTools(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1500: "1.5 kB", 548105171: "548 MB", 13e9: "13 GB"} {
		if got := Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
