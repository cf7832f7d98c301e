package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// ML100K is the folder of MovieLens 100K as RecBole's atomic files, which
// scripts/ml-100k.sh brings into the user's cache; $CLLM4REC_ML100K names another. Where
// it is absent the test is skipped, loudly: the files are fetched and not committed.
func ML100K(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CLLM4REC_ML100K")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skipf("SKIPPED, NOT CHECKED: there is no cache for MovieLens 100K: %v", err)
		}
		dir = filepath.Join(cache, "cllm4rec", "test", "ml-100k")
	}
	if _, err := os.Stat(filepath.Join(dir, "ml-100k.inter")); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: MovieLens 100K: %v; scripts/ml-100k.sh fetches it", err)
	}
	return dir
}

// ML100KLeaveOneOut is the fingerprint of these files' interactions, split by
// leave_one_out, whichever plugin reads them in whichever form.
const ML100KLeaveOneOut = "4a9ec3786aa9ef92fa7e17165917affb05a8a89904555b6a2d7f9f45a0f9032d"
