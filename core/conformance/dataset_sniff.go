package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// checkSniff: the dataset recognises own before it is configured, its best guess
// reads it, guesses come surest first, and files of nothing are no guess.
func checkSniff(t T, fresh func(TB) contract.Dataset, own string) {
	d := fresh(t)
	sniffer, ok := d.(contract.Sniffer)
	if !info(t, d).Can(contract.CapabilitySniff) {
		if ok {
			_, err := sniffer.Sniff(t.Context(), t.TempDir())
			mustBe(t, err, contract.ErrUnsupported, "")
		}
		return
	}
	if !ok || own == "" {
		t.Fatalf("%T has the capability %q; its method is there: %v; its own files (Sniff of its contract.Check): %q", d, contract.CapabilitySniff, ok, own)
	}
	guesses, err := sniffer.Sniff(t.Context(), own)
	if err != nil || len(guesses) == 0 {
		t.Fatalf("%s is not recognised: %d guesses, error %v", own, len(guesses), err)
	}
	checkGuesses(t, guesses)
	configure(t, d, guesses[0].Params)
	if len(interactions(t, d, func(*contract.InteractionChunk) {})) == 0 {
		t.Errorf("%s as guessed (%s) has no interactions", own, guesses[0].Params)
	}
	checkStrangers(t, fresh(t).(contract.Sniffer))
}

func checkGuesses(t T, guesses []contract.Guess) {
	last := 0
	for _, g := range guesses {
		at := slices.Index(contract.Confidences(), g.Confidence)
		if at < last || g.Why == "" || strings.Contains(g.Why, "\n") {
			t.Errorf("guess %q of confidence %q, behind one of %q", g.Why, g.Confidence, contract.Confidences()[last])
		}
		last = max(at, last)
	}
}

// checkStrangers: what is no data of this kind is no guess and no failure.
func checkStrangers(t T, d contract.Sniffer) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty": "", "noise": "\x00\xff\x1f\x8b\xfe\x00\x00PK\x03", "gzip": "\x1f\x8b\x08\x00cut", "prose.txt": "It was a dark night.\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if guesses, err := d.Sniff(t.Context(), path); err != nil || len(guesses) > 0 {
			t.Errorf("a file of %s is guessed to be %+v, error %v", name, guesses, err)
		}
	}
	if guesses, err := d.Sniff(t.Context(), t.TempDir()); err != nil || len(guesses) > 0 {
		t.Errorf("an empty folder is guessed to be %+v, error %v", guesses, err)
	}
	_, err := d.Sniff(t.Context(), filepath.Join(dir, "none"))
	mustBe(t, err, contract.ErrNotFound, "none")
}
