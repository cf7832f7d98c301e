package ids

import (
	"testing"
	"unsafe"
)

func TestAnIdentifierIsACopyAndItsRepetitionTheSame(t *testing.T) {
	r := New("f", "user")
	raw := []byte("ada")
	first := r.Of(raw)
	again := r.Of([]byte("ada"))
	copy(raw, "bob")
	other := r.Of(raw)
	if first != "ada" || other != "bob" || unsafe.StringData(first) != unsafe.StringData(again) {
		t.Errorf("%q, %q, %q", first, again, other)
	}
}

func TestIdentifiersThatDifferInUnicodeFormStayTwoWithAWarning(t *testing.T) {
	composed, decomposed := "caf\u00e9", "cafe\u0301"
	for name, c := range map[string]struct {
		ids  []string
		warn bool
	}{
		"two forms": {[]string{composed, "x", decomposed, composed}, true}, "one form": {[]string{composed, "x", composed, "cafe"}, false}, "ASCII": {[]string{"a", "b"}, false},
	} {
		r := New("f", "user")
		for _, id := range c.ids {
			if got := r.Of([]byte(id)); got != id {
				t.Errorf("%s: %q is %q", name, id, got)
			}
		}
		if r.warned != c.warn {
			t.Errorf("%s: warned is %v", name, r.warned)
		}
	}
}
