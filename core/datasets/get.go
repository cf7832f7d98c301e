package datasets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

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
	switch {
	case err != nil:
		return nil, err
	case whole:
		return &Got{Manifest: before, Folder: w.Folder}, nil
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
