package experiment

import (
	"path/filepath"

	"cllm4rec/core/data"
	"cllm4rec/core/yamltree"
)

// checkLists makes the paths of the files of ids that a filter names absolute, and
// digests the files; n is the section that holds the filter.
func (c *checker) checkLists(n *yamltree.Node, path []string) {
	for _, section := range []string{"filter", "keep"} {
		for _, key := range []string{"users_file", "items_file"} {
			file := n.Get(section).Get(key)
			if file.Text() == "" {
				continue // the schema said so, where it is no text
			}
			abs := file.Text()
			if !filepath.IsAbs(abs) {
				abs = filepath.Join(c.dir, abs)
			}
			at := append(yamltree.Extend(path, section), key)
			if err := checkPath(abs, file.Written); err != nil {
				c.at(err.Error(), at...)
				continue
			}
			digest, err := c.files.file(abs)
			if err != nil {
				c.unreadable(err, at)
				continue
			}
			file.Scalar, c.lists[abs] = abs, "sha256:"+digest
		}
	}
}

// digests are those of the files that a filter names; nil when it names none.
func (c *checker) digests(f data.Filter) map[string]string {
	var digests map[string]string
	for _, path := range []string{f.UsersFile, f.ItemsFile} {
		if path == "" {
			continue
		}
		if digests == nil {
			digests = map[string]string{}
		}
		digests[path] = c.lists[path]
	}
	return digests
}
