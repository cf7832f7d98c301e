package datasets

import (
	"errors"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/schema"
)

// ManifestName is the file that says what a folder of a data set holds.
const ManifestName = "cllm4rec-dataset.json"

// Manifest says where a folder's files come from and what they are.
type Manifest struct {
	Name     string        `json:"name"`               // of the data set
	Category string        `json:"category,omitempty"` // of it
	Licence  Agreed        `json:"licence"`
	Sources  []Source      `json:"sources"` // what was downloaded
	Files    fetch.Entries `json:"files"`   // what it became
}

// Agreed is a licence that a user agreed to.
type Agreed struct {
	Licence
	Digest string    `json:"digest"` // of what it says
	When   time.Time `json:"agreed"`
}

// Source is a file that was downloaded.
type Source struct {
	Path   string `json:"path"`
	From   string `json:"from,omitempty"` // address; "" when an earlier run had completed it
	Size   int64  `json:"size"`           // bytes
	SHA256 string `json:"sha256"`
	// Published: the content was held against a checksum of the catalogue. Else it is
	// what the first download brought, and later downloads are held against it.
	Published bool `json:"published"`
}

// Title is the name with its category.
func (m *Manifest) Title() string {
	if m.Category == "" {
		return m.Name
	}
	return m.Name + " " + m.Category
}

// readManifest reads a folder's manifest strictly; nil when it has none.
func readManifest(f *fetch.Folder) (*Manifest, error) {
	if _, there, err := f.Regular(ManifestName); err != nil || !there {
		return nil, err
	}
	raw, err := f.ReadFile(ManifestName)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", f.At(ManifestName), err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v; move the folder away and get the data set again", f.At(ManifestName), err)
	}
	return m, nil
}

func parseManifest(raw []byte) (*Manifest, error) {
	var m Manifest
	if err := schema.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if m.Name == "" || len(m.Files) == 0 {
		return nil, errors.New("it lacks a name or files")
	}
	for _, e := range m.Files {
		if !fetch.PlainPath(e.Name) || e.Name == ManifestName || e.Size < 0 || !fetch.IsSHA256(e.SHA256) {
			return nil, fmt.Errorf("it lacks the proper name, size or SHA-256 of %q", e.Name)
		}
	}
	for _, s := range m.Sources {
		if s.Size < 0 || !fetch.IsSHA256(s.SHA256) {
			return nil, fmt.Errorf("it lacks the size or SHA-256 of %q", s.Path)
		}
	}
	return &m, nil
}

// source is what an earlier download of a file was; nil when there was none.
func (m *Manifest) source(path string) *Source {
	if m == nil {
		return nil
	}
	for i := range m.Sources {
		if m.Sources[i].Path == path {
			return &m.Sources[i]
		}
	}
	return nil
}
