package tokenizer

import (
	"math"
	"strconv"
	"testing"
)

func TestScoresAreNearWhatTheyAreWrittenAs(t *testing.T) {
	for _, text := range []string{"0", "-0", "1", "-2.0122928619384766", "0.1", "1e-5", "-12.5E+2", "123456789012345678901234567890", "0.000000000000000000000000001234567890123456789", "-9.999999999999999e22"} {
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readScore(text); !ok || math.Abs(got-want) > 1e-15*math.Abs(want) || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("%s is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "x", "1e", "1e999", `"1"`, "null", "[1]"} {
		if got, ok := readScore(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
