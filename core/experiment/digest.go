package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
)

// digester makes keys depend on what files hold and not on where they are.
type digester struct{ memo *memo }

// digest is a sha256 over a whole file, or over the names and contents of all
// regular files under a folder.
func (d digester) digest(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return d.file(path)
	}
	sum := sha256.New()
	names, err := filesUnder(path)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		digest, err := d.file(filepath.Join(path, name))
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %s\n", digest, filepath.ToSlash(name))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// filesUnder lists regular files below dir, itself perhaps a link, following links to files
// and folders; hidden files and folders are left out. A link to a folder that it lies in is an
// ErrInvalid.
func filesUnder(dir string) ([]string, error) {
	names, err := appendFiles(nil, dir, "", nil)
	slices.Sort(names)
	return names, err
}

// appendFiles appends the files of the folder below dir that is called under; inside are the
// folders, without links, that lead to it.
func appendFiles(names []string, dir, under string, inside []string) ([]string, error) {
	path := filepath.Join(dir, under)
	folder, err := filepath.EvalSymlinks(path)
	if err != nil {
		return names, err
	}
	if slices.Contains(inside, folder) {
		return names, contract.Errorf(contract.ErrInvalid, "%s leads back to %s, in which it lies", path, folder)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return names, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(folder, e.Name()))
		name := filepath.Join(under, e.Name())
		switch {
		case err != nil:
		case info.IsDir():
			names, err = appendFiles(names, dir, name, append(slices.Clone(inside), folder))
		case info.Mode().IsRegular():
			names = append(names, name)
		}
		if err != nil {
			return names, err
		}
	}
	return names, nil
}

// file digests a file, unless the memo knows its digest.
func (d digester) file(path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	before, err := disk.StampOf(f)
	if err != nil {
		return "", err
	}
	if digest, known := d.memo.recall(path, before); known {
		return digest, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	after, err := disk.StampOf(f)
	if err != nil {
		return "", err
	}
	if before != after {
		return "", fmt.Errorf("%s changed while it was read", path)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	d.memo.remember(path, after, digest)
	return digest, nil
}

// openRegular opens a file to read it. Anything but a regular file is an
// ErrInvalid: a FIFO without a writer is not waited for.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = contract.Errorf(contract.ErrInvalid, "%s is %s; expected a file", path, what(info.Mode()))
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// what names the type of a file.
func what(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe (FIFO), which can be read only once"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "no regular file"
	}
}

// canonical is v as JSON with sorted keys and without spaces.
func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	tree, err := decodeNumbers(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// decodeNumbers decodes JSON keeping numbers as they are written.
func decodeNumbers(raw []byte) (any, error) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var tree any
	err := dec.Decode(&tree)
	return tree, err
}

// Unchanged holds the files that a plugin's parameters name against those that the plan
// was made of, by the plugin's schema: what was read in between would stand under the
// key of other content. ErrBadData when one is another now.
func (p PluginPlan) Unchanged(pluginSchema json.RawMessage) error {
	d := digester{openMemo()}
	portable, err := d.portable(pluginSchema, p.Params)
	d.memo.save()
	if err == nil && !sameJSON(portable, p.Portable) {
		err = fmt.Errorf("files of plugin %s changed after the plan was made; run again", p.Name)
	}
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%v", err)
	}
	return nil
}
