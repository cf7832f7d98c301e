package sdk

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Files are the files of an embedded folder under the folder's own name, as contract.Check
// has them: "testdata/tiny" gives "tiny/ratings.csv". A folder that is not embedded is a
// mistake in the program, and a panic.
func Files(embedded embed.FS, folder string) map[string][]byte {
	files, above := map[string][]byte{}, path.Dir(folder)+"/"
	err := fs.WalkDir(embedded, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[strings.TrimPrefix(name, above)], err = embedded.ReadFile(name)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("the files of a check: %v", err))
	}
	return files
}
