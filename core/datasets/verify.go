package datasets

import (
	"context"
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
	problems, err := f.Differences(ctx, m.Files, progress)
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
