package datasets

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// Verify holds every file of a folder against its manifest. ErrBadData lists all that
// differ, ErrNotFound says that there is no manifest.
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
		return nil, contract.Errorf(contract.ErrNotFound, "%s has no %s, so there is nothing to hold its files against; `cllm4rec data get` writes one", dir, ManifestName)
	}
	problems, err := differences(ctx, f, m, progress)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s is not what was downloaded of %s:\n  %s\nmend it: cllm4rec data get %s --to %s",
			dir, m.Title(), strings.Join(problems, "\n  "), m.request(), dir)
	}
	return m, nil
}

// request is what a user types to get the data set.
func (m *Manifest) request() string {
	if m.Category == "" {
		return m.Name
	}
	return m.Name + " --category " + m.Category
}

// differences says what of a folder is not as its manifest says.
func differences(ctx context.Context, f *fetch.Folder, m *Manifest, progress func(fetch.Progress)) (problems []string, err error) {
	done, total := int64(0), m.Bytes()
	for _, e := range m.Files {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		size, there, err := f.Regular(e.Name)
		switch {
		case errors.Is(err, contract.ErrInvalid):
			problems = append(problems, err.Error())
			continue
		case err != nil:
			return nil, err
		case !there:
			problems = append(problems, e.Name+" is missing")
			continue
		case size != e.Size:
			problems = append(problems, fmt.Sprintf("%s has %d bytes, expected %d", e.Name, size, e.Size))
			continue
		}
		_, right, err := f.Holds(e.file(), func(n int) {
			done += int64(n)
			if progress != nil {
				progress(fetch.Progress{Checking: true, File: e.Name, Done: done, Total: total})
			}
		})
		if err != nil {
			return nil, err
		}
		if !right {
			problems = append(problems, e.Name+" has another SHA-256 than "+e.SHA256)
		}
	}
	return problems, nil
}
