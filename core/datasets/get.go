package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// Options make a Getter. All may be left empty.
type Options struct {
	Patience fetch.Patience                  // with failing servers
	Note     func(format string, a ...any)   // tells what the user should know while it works
	Progress func(p fetch.Progress)          // called often; must not block
	Free     func(dir string) (int64, error) // bytes that a user may write there; nil asks the file system
}

// Getter downloads data sets.
type Getter struct {
	net      *fetch.Client
	note     func(format string, a ...any)
	progress func(fetch.Progress)
	free     func(dir string) (int64, error)
}

// New makes a Getter.
func New(o Options) *Getter {
	g := &Getter{note: o.Note, progress: o.Progress, free: o.Free}
	if g.note == nil {
		g.note = func(string, ...any) {}
	}
	if g.progress == nil {
		g.progress = func(fetch.Progress) {}
	}
	if g.free == nil {
		g.free = fetch.FreeSpace
	}
	g.net = fetch.New(fetch.Options{Patience: o.Patience, Note: g.note})
	return g
}

// Want says which data set is wanted and where.
type Want struct {
	Set      *Set // of Catalogue.Find
	Category string
	Licence  Licence
	Folder   string // that it becomes
	// Agree asks the user to agree to the licence before anything is downloaded, and says
	// when that was; an error ends the work.
	Agree func(l Licence) (when time.Time, err error)
}

// Got is what a download left.
type Got struct {
	*Manifest
	Folder     string
	Downloaded int // files; 0 when the folder was there and right
}

// Get has a folder hold a data set. A folder that is there and right stays; one that an
// earlier Get made and that is damaged is made anew; any other is the user's own. The
// folder appears in one rename when everything in it is checked and on disk; until then
// the work lies in a hidden folder beside it, from which an interrupted download goes on.
// ErrInvalid, ErrNotFound and ErrBadData say what the user can mend.
func (g *Getter) Get(ctx context.Context, w Want) (got *Got, err error) {
	before, whole, err := g.inspect(ctx, w)
	if err != nil || whole {
		return &Got{Manifest: before, Folder: w.Folder}, err
	}
	when, err := w.Agree(w.Licence)
	if err != nil {
		return nil, err
	}
	parent, name := filepath.Split(filepath.Clean(w.Folder))
	to, err := fetch.OpenFolder(filepath.Join(parent, "."+name+workEnd), lockName)
	if err != nil {
		return nil, err
	}
	k := &getting{Getter: g, Want: w, to: to, before: before}
	k.manifest = &Manifest{Name: w.Set.Name, Category: w.Category, Licence: Agreed{w.Licence, w.Licence.Digest(), when}}
	if err := errors.Join(k.run(ctx), to.Close()); err != nil {
		return nil, err
	}
	_ = os.Remove(to.Name()) // another process may have begun to use it
	return &Got{Manifest: k.manifest, Folder: w.Folder, Downloaded: len(w.Set.Files)}, nil
}

// workEnd ends the name of the hidden folder in which a data set comes together.
const workEnd = ".part"

// The names in that folder.
const (
	lockName  = ".cllm4rec-dataset.lock"
	downloads = "downloads" // what is downloaded
	unpacked  = "unpacked"  // what it becomes
	replaced  = "replaced"  // a damaged folder, until the new one has its place
)

// inspect says what a folder is: nothing, whole, or damaged (before, which is its manifest).
func (g *Getter) inspect(ctx context.Context, w Want) (before *Manifest, whole bool, err error) {
	switch info, err := os.Lstat(w.Folder); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("%s cannot be read: %w", w.Folder, err)
	case !info.IsDir():
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is there and is no folder (%s): move it away, or choose another folder with --to", w.Folder, kindOf(info))
	}
	f, err := fetch.ReadFolder(w.Folder)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	m, err := readManifest(f)
	if err != nil {
		return nil, false, err
	}
	others, err := strangers(f, m)
	if err != nil {
		return nil, false, err
	}
	switch {
	case m == nil && len(others) == 0:
		return nil, false, nil
	case m == nil:
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is there with files that no download brought (%s): move it away, or choose another folder with --to", w.Folder, some(others))
	case m.Name != w.Set.Name || m.Category != w.Category:
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s holds the data set %s: choose another folder with --to", w.Folder, m.Title())
	}
	problems, err := differences(ctx, f, m, g.progress)
	if err != nil || len(problems) == 0 {
		return m, err == nil, err
	}
	if len(others) > 0 {
		return nil, false, contract.Errorf(contract.ErrInvalid, "%s is damaged (%s) and has files that no download brought (%s): move those away first", w.Folder, some(problems), some(others))
	}
	g.note("%s is damaged and is made anew: %s", w.Folder, some(problems))
	return m, false, nil
}

func kindOf(info fs.FileInfo) string {
	if info.Mode().IsRegular() {
		return "a file"
	}
	return info.Mode().Type().String()
}

// some lists the first few of many.
func some(all []string) string {
	const few = 5
	if len(all) > few {
		return strings.Join(all[:few], ", ") + fmt.Sprintf(" and %d more", len(all)-few)
	}
	return strings.Join(all, ", ")
}

// strangers are the files of a folder that its manifest does not name.
func strangers(f *fetch.Folder, m *Manifest) (names []string, err error) {
	ours := map[string]bool{}
	if m != nil {
		ours[ManifestName] = true
		for _, e := range m.Files {
			ours[e.Name] = true
		}
	}
	err = fs.WalkDir(f.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !ours[path] {
			names = append(names, path)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

// getting is one Get at work.
type getting struct {
	*Getter
	Want
	to          *fetch.Folder
	before      *Manifest // of a damaged folder; nil of none
	manifest    *Manifest
	done, total int64
}

func (k *getting) run(ctx context.Context) error {
	if err := k.to.RemoveAll(unpacked); err != nil {
		return err
	}
	if err := k.room(); err != nil {
		return err
	}
	for _, d := range k.Set.Files {
		if err := k.download(ctx, d); err != nil {
			return err
		}
	}
	if err := k.unpack(ctx); err != nil {
		return err
	}
	return k.place()
}

// file is what is to be downloaded, by the catalogue or an earlier download.
func (k *getting) file(d Download) fetch.File {
	f := fetch.File{Path: downloads + "/" + d.Path, Size: d.Size, Digest: fetch.Digest{SHA256: d.SHA256, SHA1: d.SHA1, MD5: d.MD5}, From: d.From}
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
			have, _, err := k.to.Regular(name)
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
	sum, there, err := k.to.Holds(f, each(true))
	if err != nil {
		return err
	}
	got := &fetch.Fetched{SHA256: sum}
	if there {
		got.Size, _, err = k.to.Regular(f.Path)
	} else {
		got, err = k.net.Download(ctx, k.to, f, each(false))
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && k.before.source(d.Path) != nil && len(d.digests()) == 0:
		return fmt.Errorf("%s: %w; no checksum is published, and the first download had another content: move %s away to take what there is now", k.Set.Name, trimmed(err), k.Folder)
	case err != nil:
		return fmt.Errorf("%s: %w", k.Set.Name, trimmed(err))
	}
	published := len(d.digests()) > 0
	if !published && k.before.source(d.Path) == nil {
		k.note("%s: NO CHECKSUM IS PUBLISHED: what came is taken as it is, and later downloads are held against its SHA-256 %s", d.Path, got.SHA256)
	}
	k.manifest.Sources = append(k.manifest.Sources, Source{Path: d.Path, From: got.From, Size: got.Size, SHA256: got.SHA256, Published: published})
	return nil
}

// trimmed is an error of a download with the name of the file alone.
func trimmed(err error) error {
	return &reworded{err, strings.ReplaceAll(err.Error(), downloads+"/", "")}
}

type reworded struct {
	error
	text string
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.error }

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
	if err != nil {
		return fmt.Errorf("%s: %w", k.Set.Name, err)
	}
	k.manifest.Files = u.files
	return nil
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
		u.files = append(u.files, Entry{Name: d.Path, Size: s.Size, SHA256: s.SHA256})
	}
	return nil
}

// place writes the manifest and gives the new folder its name.
func (k *getting) place() error {
	raw, err := json.MarshalIndent(k.manifest, "", "  ")
	if err != nil {
		return err
	}
	folder, err := fetch.ReadFolder(k.to.At(unpacked))
	if err != nil {
		return err
	}
	if err := errors.Join(folder.Replace(ManifestName, append(raw, '\n')), folder.Close()); err != nil {
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
