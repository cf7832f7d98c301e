package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// longestManifest is how many bytes a manifest has at most.
const longestManifest = 1 << 30

// Opened is a bundle that was unpacked.
type Opened struct {
	*Manifest
	Dir   string // a folder of records
	Store *record.Store
	Plan  *experiment.Plan
	// Faults are what is not as the manifest says: missing, added and changed files.
	Faults []string
	sums   map[string]string // of the files as they are, by name
}

// Open unpacks a bundle into a folder, which must be empty or not be there. What differs from
// the manifest is kept in Faults. ErrBadData where it is no bundle or has no readable plan.
func Open(file, dir string) (_ *Opened, err error) {
	archive, err := zip.OpenReader(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s does not exist", file)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is no bundle: %v", file, err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	entries := map[string]*zip.File{}
	for _, f := range archive.File {
		if entries[f.Name] != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s has two files %q", file, f.Name)
		}
		entries[f.Name] = f
	}
	if entries[manifestFile] == nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is no bundle: it has no %s", file, manifestFile)
	}
	raw, err := content(entries[manifestFile])
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %s is damaged: %v", file, manifestFile, err)
	}
	o := &Opened{Dir: dir, sums: map[string]string{}}
	if o.Manifest, err = parseManifest(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "trials"), 0o755); err != nil {
		return nil, err
	}
	if err := o.unpack(archive.File, entries); err != nil {
		return nil, err
	}
	return o, o.load(file)
}

func content(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return io.ReadAll(io.LimitReader(in, longestManifest))
}

// unpack writes the files of the manifest.
func (o *Opened) unpack(all []*zip.File, entries map[string]*zip.File) error {
	listed := map[string]bool{manifestFile: true}
	for _, f := range o.Files {
		if listed[f.Name] {
			return contract.Errorf(contract.ErrBadData, "%s lists %s twice", manifestFile, f.Name)
		}
		listed[f.Name] = true
		entry := entries[f.Name]
		if entry == nil {
			o.fault("%s is missing", f.Name)
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return contract.Errorf(contract.ErrBadData, "the bundle has a file %q, which would lie outside of its folder", f.Name)
		}
		if err := o.unpackFile(f, entry); err != nil {
			return err
		}
	}
	for _, f := range all {
		if !listed[f.Name] {
			o.fault("%s is in the archive and not in its manifest", f.Name)
		}
	}
	return nil
}

func (o *Opened) fault(format string, args ...any) {
	o.Faults = append(o.Faults, fmt.Sprintf(format, args...))
}

// unpackFile writes one file as it is, up to a byte more than the manifest says.
func (o *Opened) unpackFile(f File, entry *zip.File) (err error) {
	in, err := entry.Open()
	if err != nil {
		o.fault("%s is damaged: %v", f.Name, err)
		return nil
	}
	defer func() { _ = in.Close() }()
	path := filepath.Join(o.Dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(onlyWriteErrors{io.MultiWriter(out, sum)}, io.LimitReader(in, max(f.Size, int64(entry.UncompressedSize64))+1))
	if closed := out.Close(); closed != nil {
		return closed
	}
	var full writeError
	if errors.As(err, &full) {
		return full.error
	}
	if err != nil {
		o.fault("%s is damaged: %v", f.Name, err)
		return nil
	}
	o.sums[f.Name] = hex.EncodeToString(sum.Sum(nil))
	if n != f.Size || o.sums[f.Name] != f.SHA256 {
		o.fault("%s is changed: %d bytes with the sha256 %.12s, %d with %.12s when it was packed", f.Name, n, o.sums[f.Name], f.Size, f.SHA256)
	}
	return nil
}

// writeError is an error of the disk, and not of the archive.
type writeError struct{ error }

// onlyWriteErrors marks the errors of a writer.
type onlyWriteErrors struct{ w io.Writer }

func (o onlyWriteErrors) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		err = writeError{err}
	}
	return n, err
}

// load opens the records and the plan.
func (o *Opened) load(file string) (err error) {
	if o.Store, err = record.View(o.Dir); err != nil {
		return err
	}
	stored, err := o.Store.FindPlan(o.Manifest.Plan)
	if err == nil {
		o.Plan = new(experiment.Plan)
		err = stored.Load(o.Plan)
	}
	if err == nil {
		err = o.Plan.Check()
	}
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "the plan of %s cannot be read: %v", file, err)
	}
	return nil
}
