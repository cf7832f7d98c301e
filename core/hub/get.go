package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// Want says which model is wanted and where.
type Want struct {
	Repo     string // OWNER/NAME
	Revision string // branch, tag or commit; "" is DefaultRevision
	Format   Format // "" is Auto
	Models   string // folder of models, in which this one becomes OWNER/NAME
	Folder   string // of this model; "" is the one in Models
}

// Got is what a download left.
type Got struct {
	*Manifest
	Folder     string
	Downloaded int // files; the others were there
}

// Get brings a model's files at the commit of a revision into a folder. What is
// there with the right checksum stays; an interrupted download goes on; the
// manifest comes last. ErrNotFound, ErrInvalid, ErrUnsupported and ErrBadData
// say what the user can mend.
func (c *Client) Get(ctx context.Context, w Want) (*Got, error) {
	repo, err := ParseRepo(w.Repo)
	if err != nil {
		return nil, err
	}
	format, err := ParseFormat(string(cmp.Or(w.Format, Auto)))
	if err != nil {
		return nil, err
	}
	s, err := c.snapshot(ctx, repo, cmp.Or(w.Revision, DefaultRevision))
	if err != nil {
		return nil, err
	}
	files, err := c.choose(ctx, s, format)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Repo: repo.String(), Revision: cmp.Or(w.Revision, DefaultRevision), Commit: s.commit, Endpoint: c.endpoint.String(), Format: format}
	return c.bring(ctx, s, files, m, cmp.Or(w.Folder, filepath.Join(w.Models, repo.Owner, repo.Name)))
}

// bring has a folder hold exactly the chosen files.
func (c *Client) bring(ctx context.Context, s *snapshot, files []fetch.File, m *Manifest, dir string) (got *Got, err error) {
	to, err := fetch.OpenFolder(dir, lockName)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	b := &bringing{Client: c, snapshot: s, to: to, sums: map[string]string{}}
	if err := b.inspect(ctx, files); err != nil {
		return nil, err
	}
	if err := b.begin(m); err != nil {
		return nil, err
	}
	if err := b.download(ctx); err != nil {
		return nil, err
	}
	for _, f := range files {
		m.Files = append(m.Files, fetch.Entry{Name: f.Path, Size: f.Size, SHA256: b.sums[f.Path]})
	}
	if err := b.finish(m); err != nil {
		return nil, err
	}
	return &Got{Manifest: m, Folder: dir, Downloaded: len(b.lacking)}, nil
}

// bringing is one Get at work on its folder.
type bringing struct {
	*Client
	*snapshot
	to          *fetch.Folder
	before      *Manifest // nil in a new folder
	lacking     []fetch.File
	sums        map[string]string // SHA-256 by path
	done, total int64
}

// inspect finds out which files are there. A file that is in the way and that
// no earlier Get put there is the user's own: ErrInvalid.
func (b *bringing) inspect(ctx context.Context, files []fetch.File) (err error) {
	if b.before, err = readManifest(b.to); err != nil {
		return err
	}
	ours := b.before.names()
	for _, f := range files {
		b.total += f.Size
	}
	for _, f := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sum, right, err := b.to.Holds(f, b.count(true, f.Path))
		if err != nil {
			return err
		}
		if right {
			b.sums[f.Path] = sum
			continue
		}
		if _, there, _ := b.to.Regular(f.Path); there && !ours[f.Path] {
			return contract.Errorf(contract.ErrInvalid, "%s is there and is not the file of %s at %.12s: move it away, or choose another folder with --to", b.to.At(f.Path), b.repo, b.commit)
		}
		b.lacking = append(b.lacking, f)
	}
	return nil
}

// count reports bytes as they are read or written.
func (b *bringing) count(checking bool, name string) func(n int) {
	return func(n int) {
		b.done += int64(n)
		b.progress(fetch.Progress{Checking: checking, File: name, Done: min(b.done, b.total), Total: b.total})
	}
}

// begin marks a folder that held something else as being changed, once there is
// room for the change.
func (b *bringing) begin(m *Manifest) error {
	if err := b.room(); err != nil {
		return err
	}
	if b.before == nil || len(b.lacking) == 0 {
		return nil
	}
	if b.before.Commit != m.Commit {
		b.note("%s is at commit %.12s of %s; %s is %.12s now: updating", b.to.Name(), b.before.Commit, b.before.Repo, m.Revision, m.Commit)
	}
	b.before.Updating = m.Commit
	return b.to.WriteManifest(ManifestName, b.before)
}

// room is an error when the disk is too small for what is lacking.
func (b *bringing) room() error {
	var need int64
	b.done = b.total
	for _, f := range b.lacking {
		have, _, err := b.to.Regular(f.Path + fetch.PartEnd)
		if err != nil {
			return err
		}
		need += max(0, f.Size-have)
		b.done -= f.Size
	}
	free, err := b.free(b.to.Name())
	if err != nil {
		return fmt.Errorf("the free space of %s cannot be told: %w", b.to.Name(), err)
	}
	if need > free {
		return fmt.Errorf("%s has no room: %s are to be downloaded, %s are free; free some or choose another folder with --to", b.to.Name(), fetch.Size(need), fetch.Size(free))
	}
	return nil
}

func (b *bringing) download(ctx context.Context) error {
	for _, f := range b.lacking {
		f.From = []string{b.resolve(b.snapshot, f.Path)}
		one, err := b.net.Download(ctx, b.to, f, b.count(false, f.Path))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return b.about(b.repo, fmt.Errorf("%s: %w", b.repo, err))
		}
		b.sums[f.Path] = one.SHA256
	}
	return nil
}

// finish removes what an earlier Get brought and this one does not, so that a
// folder never holds two kinds of weights, and writes the manifest.
func (b *bringing) finish(m *Manifest) error {
	now := m.names()
	for name := range b.before.names() {
		if now[name] {
			continue
		}
		b.note("%s: removed, it is of the earlier download", b.to.At(name))
		if err := b.to.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return b.to.WriteManifest(ManifestName, m)
}
