package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cllm4rec/core/contract"
)

// Entry is one file that the manifest of a folder names.
type Entry struct {
	Name   string `json:"name"` // below the folder, with slashes
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Entries are the files of a manifest.
type Entries []Entry

// Bytes is the size of all files.
func (e Entries) Bytes() int64 {
	var n int64
	for _, one := range e {
		n += one.Size
	}
	return n
}

// WriteManifest replaces a manifest atomically, after everything that it says is on disk.
func (f *Folder) WriteManifest(name string, manifest any) error {
	raw, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return f.Replace(name, append(raw, '\n'))
}

// Differences says what of a folder is not as its manifest says, a line each; progress
// may be nil.
func (f *Folder) Differences(ctx context.Context, files Entries, progress func(Progress)) ([]string, error) {
	v := &verification{Folder: f, total: files.Bytes(), progress: progress}
	for _, e := range files {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := v.check(e); err != nil {
			return nil, err
		}
	}
	return v.problems, nil
}

// verification collects what differs.
type verification struct {
	*Folder
	done, total int64
	progress    func(Progress)
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
	_, right, err := v.Holds(File{Path: e.Name, Size: e.Size, Digest: Digest{SHA256: e.SHA256}}, func(n int) {
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
