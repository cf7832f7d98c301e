package tokenizer

import (
	"math"
	"strconv"
	"strings"
)

// readScore reads a number of a tokenizer.json to the very bit as the reference does:
// serde_json takes as many digits as 64 bits hold for one whole number and divides
// it by a power of ten, which may miss the nearest float64 by a bit. Sums of such
// scores decide between paths that are equally good on paper.
func readScore(text string) (float64, bool) {
	exact, err := strconv.ParseFloat(text, 64)
	mantissa, power, hasPower := strings.Cut(strings.ToLower(text), "e")
	exponent := 0
	if hasPower {
		var bad error
		if exponent, bad = strconv.Atoi(power); bad != nil {
			return 0, false
		}
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits, shift := digitsOf(whole, fraction)
	if exponent += shift; err != nil || exponent > 308 || exponent < -308 {
		return exact, err == nil && !math.IsInf(exact, 0)
	}
	score := float64(digits)
	if exponent < 0 {
		score /= math.Pow10(-exponent)
	} else {
		score *= math.Pow10(exponent)
	}
	return math.Copysign(score, exact), true
}

// digitsOf is the whole number that the digits make and the power of ten that it is
// to be multiplied by; digits for which 64 bits have no room are left out.
func digitsOf(whole, fraction string) (digits uint64, exponent int) {
	for i, c := range whole + fraction {
		next := uint64(c - '0')
		if digits > (math.MaxUint64-next)/10 {
			return digits, exponent + max(0, len(whole)-i)
		}
		digits = 10*digits + next
		if i >= len(whole) {
			exponent--
		}
	}
	return digits, exponent
}
