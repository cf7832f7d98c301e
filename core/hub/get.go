package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"cllm4rec/core/contract"
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
	format, err := ParseFormat(string(orElse(w.Format, Auto)))
	if err != nil {
		return nil, err
	}
	s, err := c.snapshot(ctx, repo, orElse(w.Revision, DefaultRevision))
	if err != nil {
		return nil, err
	}
	files, err := c.choose(ctx, s, format)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Repo: repo.String(), Revision: orElse(w.Revision, DefaultRevision), Commit: s.commit, Endpoint: c.endpoint.String(), Format: format}
	return c.bring(ctx, s, files, m, orElse(w.Folder, filepath.Join(w.Models, repo.Owner, repo.Name)))
}

// bring has a folder hold exactly the chosen files.
func (c *Client) bring(ctx context.Context, s *snapshot, files []file, m *Manifest, dir string) (got *Got, err error) {
	to, err := openFolder(dir)
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
		m.Files = append(m.Files, Entry{Name: f.path, Size: f.size, SHA256: b.sums[f.path]})
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
	to          *folder
	before      *Manifest // nil in a new folder
	lacking     []file
	sums        map[string]string // SHA-256 by path
	done, total int64
}

// inspect finds out which files are there. A file that is in the way and that
// no earlier Get put there is the user's own: ErrInvalid.
func (b *bringing) inspect(ctx context.Context, files []file) (err error) {
	if b.before, err = b.to.readManifest(); err != nil {
		return err
	}
	ours := b.before.names()
	for _, f := range files {
		b.total += f.size
	}
	for _, f := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sum, right, err := b.to.holds(f, b.count(true, f.path))
		if err != nil {
			return err
		}
		if right {
			b.sums[f.path] = sum
			continue
		}
		if _, there, _ := b.to.regular(f.path); there && !ours[f.path] {
			return contract.Errorf(contract.ErrInvalid, "%s is there and is not the file of %s at %.12s: move it away, or choose another folder with --to", b.to.path(f.path), b.repo, b.commit)
		}
		b.lacking = append(b.lacking, f)
	}
	return nil
}

// count reports bytes as they are read or written.
func (b *bringing) count(checking bool, name string) func(n int) {
	return func(n int) {
		b.done += int64(n)
		b.progress(Progress{Checking: checking, File: name, Done: min(b.done, b.total), Total: b.total})
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
	return b.to.writeManifest(b.before)
}

// room is an error when the disk is too small for what is lacking.
func (b *bringing) room() error {
	var need int64
	b.done = b.total
	for _, f := range b.lacking {
		have, _, err := b.to.regular(f.path + partEnd)
		if err != nil {
			return err
		}
		need += max(0, f.size-have)
		b.done -= f.size
	}
	free, err := b.free(b.to.Name())
	if err != nil {
		return fmt.Errorf("the free space of %s cannot be told: %w", b.to.Name(), err)
	}
	if need > free {
		return fmt.Errorf("%s has no room: %s are to be downloaded, %s are free; free some or choose another folder with --to", b.to.Name(), Size(need), Size(free))
	}
	return nil
}

func (b *bringing) download(ctx context.Context) error {
	for _, f := range b.lacking {
		one := &fetch{Client: b.Client, to: b.to, file: f, from: b.resolve(b.snapshot, f.path), each: b.count(false, f.path)}
		sum, err := one.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return b.about(b.repo, fmt.Errorf("%s: %w", b.repo, err))
		}
		b.sums[f.path] = sum
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
		b.note("%s: removed, it is of the earlier download", b.to.path(name))
		if err := b.to.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return b.to.writeManifest(m)
}

// counted reports what is read through it.
type counted struct {
	io.Reader
	each func(n int)
}

// Read reads and reports.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.each(n)
	return n, err
}

// Size is a number of bytes for people, such as "548 MB".
func Size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	value, unit := float64(n), 0
	for value >= 999.5 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	if value < 10 && unit > 0 {
		return fmt.Sprintf("%.1f %s", value, units[unit])
	}
	return fmt.Sprintf("%.0f %s", value, units[unit])
}
