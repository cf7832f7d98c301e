package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// Verify holds every file of a folder against its manifest. ErrBadData lists all
// that differ, ErrNotFound says that there is no manifest.
func Verify(ctx context.Context, dir string, progress func(fetch.Progress)) (*Manifest, error) {
	f, err := fetch.ReadFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	m, err := readManifest(f)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%s has no %s, so there is nothing to hold its files against; `cllm4rec models get` writes one", dir, ManifestName)
	}
	v := &verification{Folder: f, total: m.Bytes(), progress: progress}
	for _, e := range m.Files {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := v.check(e); err != nil {
			return nil, err
		}
	}
	if m.Updating != "" {
		v.problems = append(v.problems, fmt.Sprintf("a download of commit %.12s was interrupted", m.Updating))
	}
	if len(v.problems) > 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s is not %s at %.12s:\n  %s\nmend it: cllm4rec models get %s --revision %s --to %s",
			dir, m.Repo, m.Commit, strings.Join(v.problems, "\n  "), m.Repo, orElse(m.Updating, m.Commit), dir)
	}
	return m, nil
}

// verification collects what differs.
type verification struct {
	*fetch.Folder
	done, total int64
	progress    func(fetch.Progress)
	problems    []string
}

func (v *verification) check(e Entry) error {
	size, there, err := v.Regular(e.Name)
	switch {
	case errors.Is(err, contract.ErrInvalid):
		v.problems = append(v.problems, err.Error())
	case err != nil:
		return err
	case !there:
		v.problems = append(v.problems, e.Name+" is missing")
	case size != e.Size:
		v.problems = append(v.problems, fmt.Sprintf("%s has %d bytes, expected %d", e.Name, size, e.Size))
	default:
		return v.content(e)
	}
	return nil
}

func (v *verification) content(e Entry) error {
	_, right, err := v.Holds(e.file(), func(n int) {
		v.done += int64(n)
		if v.progress != nil {
			v.progress(fetch.Progress{Checking: true, File: e.Name, Done: v.done, Total: v.total})
		}
	})
	if err == nil && !right {
		v.problems = append(v.problems, e.Name+" has another SHA-256 than "+e.SHA256)
	}
	return err
}
