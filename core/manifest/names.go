package manifest

import (
	"os"
	"path"
	"strconv"

	"cllm4rec/core/schema"
)

func index(i int) string { return strconv.Itoa(i) }

func quoted(name string) string { return strconv.Quote(name) }

// near suggests what a path may have meant.
func near(root *os.Root, name string) string {
	folder, base := path.Split(name)
	f, err := root.Open(path.Join(".", folder))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return ""
	}
	if found := schema.Nearest(base, names); found != "" {
		return "; did you mean " + quoted(folder+found) + "?"
	}
	return ""
}
