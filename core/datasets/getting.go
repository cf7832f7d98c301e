package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// getting is one Get at work.
type getting struct {
	*Getter
	Want
	to          *fetch.Folder
	down        *fetch.Folder // what is downloaded, in it
	before      *Manifest     // of a damaged folder; nil of none
	manifest    *Manifest
	done, total int64
}

func (k *getting) run(ctx context.Context) (err error) {
	if err := errors.Join(k.to.RemoveAll(unpacked), k.to.MkdirAll(downloads, 0o755)); err != nil {
		return err
	}
	if k.down, err = fetch.ReadFolder(k.to.At(downloads)); err != nil {
		return err
	}
	if err := errors.Join(k.fetch(ctx), k.down.Close()); err != nil {
		return err
	}
	if err := k.unpack(ctx); err != nil {
		return err
	}
	return k.place()
}

// fetch downloads every file.
func (k *getting) fetch(ctx context.Context) error {
	if err := k.room(); err != nil {
		return err
	}
	for _, d := range k.Set.Files {
		if err := k.download(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// file is what is to be downloaded, by the catalogue or an earlier download.
func (k *getting) file(d Download) fetch.File {
	f := fetch.File{Path: d.Path, Size: d.Size, Digest: fetch.Digest{SHA256: d.SHA256, SHA1: d.SHA1, MD5: d.MD5}, From: d.From, AtMost: k.Set.AtMost}
	if f.Size == 0 {
		f.Size = fetch.UnknownSize
	}
	if first := k.before.source(d.Path); first != nil && !f.Digest.Known() {
		f.Size, f.Digest = first.Size, fetch.Digest{SHA256: first.SHA256}
	}
	return f
}

// room is an error when the disk is too small for the downloads and what they become.
func (k *getting) room() error {
	need, known := int64(0), true
	if slices.ContainsFunc(k.Set.Files, Download.packed) {
		need = k.Set.AtMost
	}
	for _, d := range k.Set.Files {
		f := k.file(d)
		k.total, known = k.total+f.Size, known && f.Size != fetch.UnknownSize
		for _, name := range []string{f.Path, f.Path + fetch.PartEnd} {
			have, _, err := k.down.Regular(name)
			if err != nil {
				return err
			}
			f.Size -= have
		}
		need += max(0, f.Size)
	}
	if !known {
		k.total = 0
	}
	free, err := k.free(k.to.Name())
	if err != nil {
		return fmt.Errorf("the free space of %s cannot be told: %w", k.to.Name(), err)
	}
	if need > free {
		return fmt.Errorf("%s has no room: up to %s are needed, %s are free; free some or choose another folder with --to", filepath.Dir(k.to.Name()), fetch.Size(need), fetch.Size(free))
	}
	return nil
}

// download brings one file, unless an earlier run has.
func (k *getting) download(ctx context.Context, d Download) error {
	f := k.file(d)
	each := func(checking bool) func(n int) {
		return func(n int) {
			k.done += int64(n)
			k.progress(fetch.Progress{Checking: checking, File: d.Path, Done: k.done, Total: k.total})
		}
	}
	sum, there, err := k.down.Holds(f, each(true))
	if err != nil {
		return err
	}
	got := &fetch.Fetched{SHA256: sum}
	if there {
		got.Size, _, err = k.down.Regular(f.Path)
	} else {
		got, err = k.net.Download(ctx, k.down, f, each(false))
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && k.before.source(d.Path) != nil && len(d.digests()) == 0:
		return fmt.Errorf("%s: %w; no checksum is published, and the first download had another content: move %s away to take what there is now", k.Set.Name, err, k.Folder)
	case err != nil:
		return fmt.Errorf("%s: %w", k.Set.Name, err)
	}
	published := len(d.digests()) > 0
	if !published && k.before.source(d.Path) == nil {
		k.note("%s: NO CHECKSUM IS PUBLISHED: what came is taken as it is, and later downloads are held against its SHA-256 %s", d.Path, got.SHA256)
	}
	k.manifest.Sources = append(k.manifest.Sources, Source{Path: d.Path, From: got.From, Size: got.Size, SHA256: got.SHA256, Published: published})
	return nil
}

// unpack makes the new folder.
func (k *getting) unpack(ctx context.Context) error {
	if err := k.to.Mkdir(unpacked, 0o755); err != nil {
		return fmt.Errorf("%s cannot be written: %w", k.to.At(unpacked), err)
	}
	to, err := k.to.OpenRoot(unpacked)
	if err != nil {
		return err
	}
	u := &unpacking{ctx: ctx, to: to, root: k.Set.Root, atMost: k.Set.AtMost, note: k.note}
	u.each = func(file string) { k.progress(fetch.Progress{Unpacking: true, File: file, Done: u.written}) }
	err = errors.Join(k.fill(u), to.Close())
	if err == nil && len(u.files) == 0 {
		err = contract.Errorf(contract.ErrBadData, "its archives hold no file in the folder %q", k.Set.Root)
	}
	if errors.Is(err, contract.ErrBadData) {
		err = errors.Join(err, k.forget())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k.Set.Name, err)
	}
	k.manifest.Files = u.files
	return nil
}

// forget removes the downloads of which no checksum is published, since one of them
// may be what cannot be unpacked: the next try takes what there is then.
func (k *getting) forget() error {
	var failures []error
	for _, d := range k.Set.Files {
		if len(d.digests()) == 0 {
			failures = append(failures, k.to.RemoveAll(downloads+"/"+d.Path))
		}
	}
	return errors.Join(failures...)
}

// fill unpacks the archives and then moves the plain files, for which the disk may have
// no room twice.
func (k *getting) fill(u *unpacking) error {
	for _, d := range k.Set.Files {
		if !d.packed() {
			continue
		}
		content, err := k.to.Open(downloads + "/" + d.Path)
		if err != nil {
			return err
		}
		if err := errors.Join(u.unpack(d, content), content.Close()); err != nil {
			return err
		}
	}
	for i, d := range k.Set.Files {
		if d.packed() {
			continue
		}
		s := k.manifest.Sources[i]
		if err := u.reserve(d.Path, s.Size); err != nil {
			return fmt.Errorf("%s: %w", d.Path, err)
		}
		if err := k.to.Rename(downloads+"/"+d.Path, unpacked+"/"+d.Path); err != nil {
			return blocked(d.Path, err)
		}
		u.written += s.Size
		u.files = append(u.files, fetch.Entry{Name: d.Path, Size: s.Size, SHA256: s.SHA256})
	}
	return nil
}

// place writes the manifest and gives the new folder its name.
func (k *getting) place() error {
	folder, err := fetch.ReadFolder(k.to.At(unpacked))
	if err != nil {
		return err
	}
	if err := errors.Join(folder.WriteManifest(ManifestName, k.manifest), folder.Close()); err != nil {
		return err
	}
	if k.before != nil {
		if err := errors.Join(k.to.RemoveAll(replaced), os.Rename(k.Folder, k.to.At(replaced))); err != nil {
			return fmt.Errorf("%s cannot be replaced: %w", k.Folder, err)
		}
	}
	if err := os.Remove(k.Folder); err != nil && !errors.Is(err, fs.ErrNotExist) { // empty, or not there
		return fmt.Errorf("%s cannot be replaced: %w", k.Folder, err)
	}
	if err := os.Rename(k.to.At(unpacked), k.Folder); err != nil {
		return fmt.Errorf("%s cannot be written: %w", k.Folder, err)
	}
	return errors.Join(k.to.RemoveAll(replaced), k.to.RemoveAll(downloads))
}
