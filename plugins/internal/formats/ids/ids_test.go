package ids

import (
	"strconv"
	"testing"
	"unsafe"
)

func TestAnIdentifierIsKeptOnce(t *testing.T) {
	k := New("f", "user")
	raw := []byte("ada")
	first := k.Of(raw)
	copy(raw, "bob")
	other := k.Of(raw)
	again := k.Of([]byte("ada"))
	if first != "ada" || other != "bob" || again != "ada" || unsafe.StringData(first) != unsafe.StringData(again) {
		t.Errorf("%q, %q, %q", first, other, again)
	}
}

// Beyond the bound identifiers stay right; they only cost more.
func TestManyIdentifiersAreRight(t *testing.T) {
	k := New("f", "item")
	k.most = 100
	for i := range 2 * k.most {
		if want := strconv.Itoa(i); k.Of([]byte(want)) != want {
			t.Fatal(want)
		}
	}
	if len(k.known) != k.most || k.Of([]byte("150")) != "150" {
		t.Errorf("%d are kept", len(k.known))
	}
}

func TestIdentifiersThatDifferInUnicodeFormStayTwoWithAWarning(t *testing.T) {
	composed, decomposed := "caf\u00e9", "cafe\u0301"
	for name, c := range map[string]struct {
		ids  []string
		warn bool
	}{
		"two forms": {[]string{composed, "x", decomposed}, true}, "one form": {[]string{composed, composed, "cafe"}, false}, "ASCII": {[]string{"a", "b"}, false},
	} {
		k := New("f", "user")
		for _, id := range c.ids {
			if got := k.Of([]byte(id)); got != id {
				t.Errorf("%s: %q is %q", name, id, got)
			}
		}
		if k.warned != c.warn {
			t.Errorf("%s: warned is %v", name, k.warned)
		}
	}
}
