package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// inspect says what a folder is: nothing, whole, or damaged (before, which is its manifest).
func (g *Getter) inspect(ctx context.Context, w Want) (before *Manifest, whole bool, err error) {
	switch info, err := os.Lstat(w.Folder); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("%s cannot be read: %w", w.Folder, err)
	case !info.IsDir():
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is there and is no folder (%s): move it away, or choose another folder with --to", w.Folder, kindOf(info))
	}
	f, err := fetch.ReadFolder(w.Folder)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	m, err := readManifest(f)
	if err != nil {
		return nil, false, err
	}
	others, err := strangers(f, m)
	if err != nil {
		return nil, false, err
	}
	switch {
	case m == nil && len(others) == 0:
		return nil, false, nil
	case m == nil:
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is there with files that no download brought (%s): move it away, or choose another folder with --to", w.Folder, some(others))
	case m.Name != w.Set.Name || m.Category != w.Category:
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s holds the data set %s: choose another folder with --to", w.Folder, m.Title())
	}
	problems, err := f.Differences(ctx, m.Files, g.progress)
	if err != nil {
		return nil, false, err
	}
	if len(problems) == 0 {
		g.newer(w, m)
		return m, true, nil
	}
	if len(others) > 0 {
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is damaged (%s) and has files that no download brought (%s): move those away first", w.Folder, some(problems), some(others))
	}
	g.note("%s is damaged and is made anew: %s", w.Folder, some(problems))
	return m, false, nil
}

// newer says when the catalogue lists other content than a folder was made of.
func (g *Getter) newer(w Want, m *Manifest) {
	for _, d := range w.Set.Files {
		if s := m.source(d.Path); d.SHA256 != "" && s != nil && s.SHA256 != d.SHA256 {
			g.note("the catalogue lists another content of %s than %s was made of: move the folder away to get it", d.Path, w.Folder)
		}
	}
}

func kindOf(info fs.FileInfo) string {
	if info.Mode().IsRegular() {
		return "a file"
	}
	return info.Mode().Type().String()
}

// some lists the first few of many.
func some(all []string) string {
	const few = 5
	if len(all) > few {
		return strings.Join(all[:few], ", ") + fmt.Sprintf(" and %d more", len(all)-few)
	}
	return strings.Join(all, ", ")
}

// strangers are the files of a folder that its manifest does not name.
func strangers(f *fetch.Folder, m *Manifest) (names []string, err error) {
	ours := map[string]bool{}
	if m != nil {
		ours[ManifestName] = true
		for _, e := range m.Files {
			ours[e.Name] = true
		}
	}
	err = fs.WalkDir(f.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !ours[path] {
			names = append(names, path)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}
