package hub

import (
	"errors"
	"fmt"
	"io/fs"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/schema"
)

// lockName is a file in a model's folder while a process downloads to it.
const lockName = ".cllm4rec-model.lock"

// ManifestName is the file that says what a folder of a model holds. It is
// written last, so that a folder with one is complete.
const ManifestName = "cllm4rec-model.json"

// Manifest says where a folder's files come from and what they are.
type Manifest struct {
	Repo     string `json:"repo"`     // OWNER/NAME
	Revision string `json:"revision"` // that was asked for
	Commit   string `json:"commit"`   // that it was, 40 hexadecimal digits
	Endpoint string `json:"endpoint"` // of the hub
	Format   Format `json:"format"`
	// Updating is the commit that a later download began to bring; "" when the
	// folder is whole.
	Updating string        `json:"updating,omitempty"`
	Files    fetch.Entries `json:"files"` // in the order of their download
}

// names are the files of a manifest, nil included.
func (m *Manifest) names() map[string]bool {
	all := map[string]bool{}
	if m != nil {
		for _, e := range m.Files {
			all[e.Name] = true
		}
	}
	return all
}

// readManifest reads a folder's manifest strictly; nil when it has none.
func readManifest(f *fetch.Folder) (*Manifest, error) {
	raw, err := f.ReadFile(ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", f.At(ManifestName), err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v; remove it and get the model again", f.At(ManifestName), err)
	}
	return m, nil
}

func parseManifest(raw []byte) (*Manifest, error) {
	var m Manifest
	if err := schema.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if !fetch.IsSHA1(m.Commit) || len(m.Files) == 0 {
		return nil, errors.New("it lacks a commit or files")
	}
	for _, e := range m.Files {
		if err := checkPath("it", e.Name); err != nil {
			return nil, err
		}
		if e.Size < 0 || !fetch.IsSHA256(e.SHA256) {
			return nil, fmt.Errorf("it lacks the size or SHA-256 of %s", e.Name)
		}
	}
	return &m, nil
}

// checkPath refuses names of files that are no plain paths. ErrBadData.
func checkPath(from, path string) error {
	if !fetch.PlainPath(path) {
		return contract.Errorf(contract.ErrBadData, "%s names a file %q, which is no plain path inside a folder: nothing is downloaded", from, path)
	}
	return nil
}
