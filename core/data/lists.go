package data

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// ListCount says what became of a file of ids.
type ListCount struct {
	Key string `json:"key"` // users_file or items_file
	IDs int    `json:"ids"` // different ones in the file
	// Unknown ids occur nowhere in the data; Examples are some of them.
	Unknown  int      `json:"unknown"`
	Examples []string `json:"examples,omitempty"`
}

// mostListed is how many ids a list may have, longestID how long one may be in bytes.
const (
	mostListed = 1 << 28
	longestID  = 1 << 16
)

// mostExamples is how many ids a message shows.
const mostExamples = 2

// listed keeps the rows of listed users and items.
func (f *filtering) listed(o Options) error {
	for _, l := range []struct {
		key, path string
		known     *interner
		column    []int32
		dropped   *int
	}{
		{"users_file", o.Filter.UsersFile, &f.rows.users, f.rows.user, &f.dropped.UsersFile},
		{"items_file", o.Filter.ItemsFile, &f.rows.items, f.rows.item, &f.dropped.ItemsFile},
	} {
		if l.path == "" {
			continue
		}
		in, count, err := readList(l.key, l.path, l.known)
		if err != nil {
			return err
		}
		f.lists = append(f.lists, count)
		f.keep(l.dropped, func(i int32) bool { return !in[l.column[i]] })
	}
	return nil
}

// readList reads a file of ids, one a line; blank lines and what ends a line of
// Windows are no part of them. in tells which of the known ids it lists. ErrBadData
// names the line at fault, or says that no listed id is known.
func readList(key, path string, known *interner) (in []bool, c ListCount, err error) {
	file, err := openList(path)
	if err != nil {
		return nil, c, contract.Errorf(contract.ErrNotFound, "filter.%s: %v", key, err)
	}
	defer func() { _ = file.Close() }()
	c.Key, in = key, make([]bool, len(known.ids))
	unknown, line := map[string]struct{}{}, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestID)
	for lines.Scan() {
		line++
		id := strings.TrimSuffix(lines.Text(), "\r")
		if id == "" {
			continue
		}
		if !utf8.ValidString(id) {
			return nil, c, contract.Errorf(contract.ErrBadData, "filter.%s: %s, line %d: %q is not UTF-8", key, path, line, id)
		}
		if i, ok := known.index[id]; ok {
			if !in[i] {
				c.IDs++
			}
			in[i] = true
		} else {
			unknown[id] = struct{}{}
		}
		if c.IDs+len(unknown) > mostListed {
			return nil, c, contract.Errorf(contract.ErrBadData, "filter.%s: %s has more than %d ids", key, path, mostListed)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, c, contract.Errorf(contract.ErrBadData, "filter.%s: %s, line %d: %v", key, path, line+1, err)
	}
	c.Unknown = len(unknown)
	c.Examples = smallest(unknown)
	if c.IDs == 0 {
		return nil, c, noneKnown(key, path, c, known)
	}
	c.IDs += c.Unknown
	return in, c, nil
}

// openList opens a regular file.
func openList(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file; expected one raw id a line", path)
	}
	return os.Open(path)
}

// smallest are the first few ids in the order of their bytes.
func smallest(ids map[string]struct{}) []string {
	var few []string
	for id := range ids {
		at, _ := slices.BinarySearch(few, id)
		if few = slices.Insert(few, at, id); len(few) > mostExamples {
			few = few[:mostExamples]
		}
	}
	return few
}

// noneKnown is the error of a list that fits none of the data.
func noneKnown(key, path string, c ListCount, known *interner) error {
	if c.Unknown == 0 {
		return contract.Errorf(contract.ErrBadData, "filter.%s: %s lists no id; expected one raw id a line", key, path)
	}
	return contract.Errorf(contract.ErrBadData, "filter.%s: none of the %d ids of %s is in the data, such as %q%s", key, c.Unknown, path, c.Examples[0], schema.Hint(c.Examples[0], known.ids))
}
