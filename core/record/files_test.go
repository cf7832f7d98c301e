package record

import (
	"path/filepath"
	"testing"

	"github.com/google/renameio/v2"
)

// What a kill leaves behind has a name of renameio's choice, which sweep must know.
func TestEveryHalfWrittenFileHasANameThatIsSwept(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"an-experiment-0123456789ab.json", recordFile, usersFile, itemsFile, "users-test.csv.gz", "users-validation.csv.gz", "ranking-test.parquet",
		"ranking-validation.parquet", "vectors-user.npy", "vectors-item.npy",
	} {
		f, err := renameio.NewPendingFile(filepath.Join(dir, name), renameio.WithTempDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Name(); filepath.Dir(got) != dir || !halfWritten.MatchString(filepath.Base(got)) {
			t.Errorf("%s is written as %s", name, got)
		}
		if err := f.Cleanup(); err != nil {
			t.Fatal(err)
		}
	}
}
