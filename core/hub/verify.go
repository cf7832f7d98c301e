package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
)

// Verify holds every file of a folder against its manifest. ErrBadData lists all
// that differ, ErrNotFound says that there is no manifest.
func Verify(ctx context.Context, dir string, progress func(Progress)) (*Manifest, error) {
	f, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Root.Close() }()
	m, err := f.readManifest()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%s has no %s, so there is nothing to hold its files against; `cllm4rec models get` writes one", dir, ManifestName)
	}
	v := &verification{folder: f, total: m.Bytes(), progress: progress}
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
	*folder
	done, total int64
	progress    func(Progress)
	problems    []string
}

func (v *verification) check(e Entry) error {
	size, there, err := v.regular(e.Name)
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
	_, right, err := v.holds(e.file(), func(n int) {
		v.done += int64(n)
		if v.progress != nil {
			v.progress(Progress{Checking: true, File: e.Name, Done: v.done, Total: v.total})
		}
	})
	if err == nil && !right {
		v.problems = append(v.problems, e.Name+" has another SHA-256 than "+e.SHA256)
	}
	return err
}
