package page

import (
	"slices"
	"strings"
	"testing"
)

// What the script reads of a user is the user's value, to the 65,535th part of the largest one.
func TestTheScriptReadsTheValuesOfUsers(t *testing.T) {
	values, top := make([]float64, 5000), 0.0
	for i := range values { // more different ones than two digits of base64 tell apart
		values[i] = float64(i*7919%4999) / 7000
		top = max(top, values[i])
	}
	var d usersData
	d.add([][]float64{{0, 0.5, 1}, {1, 0, 0.25}}, 1)
	d.add([][]float64{values}, top)
	if d.Digits[0] != 1 || d.Digits[1] != 3 || !slices.Equal(d.Levels[0], []int{0, 16384, 16384, 32767}) {
		t.Errorf("digits %v, levels %v", d.Digits, d.Levels[0])
	}
	for i, v := range values {
		text, at := d.Values[1][0], 0
		for _, c := range text[3*i : 3*i+3] {
			at = 64*at + strings.IndexRune(digit, c)
		}
		level := 0
		for _, step := range d.Levels[1][:at+1] {
			level += step
		}
		if got := float64(level) / quantum * top; got-v > top/quantum || v-got > top/quantum {
			t.Fatalf("user %d has %v, read as %v", i, v, got)
		}
	}
}
