package hub

import (
	"cmp"
	"context"
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
	problems, err := f.Differences(ctx, m.Files, progress)
	if err != nil {
		return nil, err
	}
	if m.Updating != "" {
		problems = append(problems, fmt.Sprintf("a download of commit %.12s was interrupted", m.Updating))
	}
	if len(problems) > 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s is not %s at %.12s:\n  %s\nmend it: cllm4rec models get %s --revision %s --to %s",
			dir, m.Repo, m.Commit, strings.Join(problems, "\n  "), m.Repo, cmp.Or(m.Updating, m.Commit), dir)
	}
	return m, nil
}
