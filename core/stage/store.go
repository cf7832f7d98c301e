package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
)

// About says what a result is, for whoever lists a store.
type About struct {
	// What is such as "warm-up by gpt2 on Synthetic, seed 1".
	What string `json:"what"`
	// Content is what the key is the sha256 of.
	Content json.RawMessage `json:"content"`
	// Program is the version of the program that made it.
	Program string `json:"program,omitempty"`
}

// Store is a folder of results of stages, each a Folder under its key, which
// processes of one machine or of many share:
//
//	DIR/KEY/         a result: it is there as a whole or not at all
//	DIR/work/KEY/    one that is being made, with its checkpoints
//	DIR/claims/      who makes which
type Store struct {
	dir   string
	taker *claim.Taker
	swept sync.Once // of the claims of makers that died
}

// NewStore is the store of a folder, which is made when a result is.
func NewStore(dir string, o claim.Options) *Store {
	return &Store{dir: dir, taker: claim.NewTaker(o)}
}

// The folders of a store beside its results.
const (
	workDir   = "work"
	claimsDir = "claims"
)

// Result is the folder of a key's result.
func (s *Store) Result(key string) Folder { return Folder{Dir: filepath.Join(s.dir, key), Key: key} }

// Has reports whether there is a result of a key.
func (s *Store) Has(key string) bool {
	_, err := os.Stat(s.Result(key).Path(ManifestFile))
	return err == nil
}

// Job is how to make and to use the result of a key.
type Job struct {
	Key   string
	About About
	// Make commits the result into a folder of its own, which survives it: what a
	// killed or failed one left there, such as checkpoints, is there again.
	Make func(ctx context.Context, work Folder) error
	// Use reads the result; it stays while Use does. Made: what Make left in memory is it.
	Use func(result Folder, made bool) error
	// Keep is asked behind Make whether the result is worth its place. Where it is not, Make
	// need not commit, and Use is given the folder of Make before that is removed. nil: it is.
	Keep func() bool
	// Lost is told that another took the work over: what Make and Use left in memory is to
	// be forgotten, before either is called again. nil: they leave nothing.
	Lost func()
	// Note is told of a result that is damaged, and of whom the work waits for; nil:
	// nobody.
	Note func(text string)
}

// Do uses the result of a key, which it makes where there is none: one worker at a
// time, while the others wait. One that loses its claim waits for whoever took it over. A
// damaged result is said and made anew. A store that cannot be written, or a result of a
// newer program, is an error that says so.
func (s *Store) Do(ctx context.Context, j Job) error {
	s.swept.Do(func() { _ = s.Sweep() }) // whatever keeps it from that, the work itself meets
	for {
		done, err := s.use(j, false)
		if done || err != nil {
			return err
		}
		done, err = s.claimed(ctx, j)
		if done || err != nil {
			return err
		}
	}
}

// claimed makes the result under a claim and has it used; not done when another made it, or
// took the claim over.
func (s *Store) claimed(ctx context.Context, j Job) (done bool, err error) {
	c, err := s.claim(ctx, j)
	if err != nil {
		return false, err
	}
	err = c.During(ctx, func(ctx context.Context) error {
		if s.Has(j.Key) {
			return nil
		}
		if err := s.make(ctx, c, j); err != nil {
			return err
		}
		done, err = s.useMade(j)
		return err
	})
	if errors.Is(err, claim.ErrLost) {
		j.lost()
		return false, nil
	}
	return done, err
}

// make makes the result. It looks at the claim after whatever went wrong, which the other
// that holds it may have caused.
func (s *Store) make(ctx context.Context, c *claim.Claim, j Job) error {
	work := s.work(j.Key)
	work.About = &j.About
	if err := os.MkdirAll(work.Dir, 0o755); err != nil {
		return s.unusable(err)
	}
	if err := j.Make(ctx, work); err != nil {
		return errors.Join(err, c.Check())
	}
	if err := c.Check(); err != nil {
		return s.unusable(err)
	}
	if !j.keeps() {
		return nil
	}
	if err := s.commit(work); err != nil {
		return s.unusable(errors.Join(err, c.Check()))
	}
	return nil
}

// useMade has the result used that was just made.
func (s *Store) useMade(j Job) (done bool, err error) {
	if !j.keeps() {
		work := s.work(j.Key)
		return true, errors.Join(j.Use(work, true), os.RemoveAll(work.Dir))
	}
	done, err = s.use(j, true)
	if !done && err == nil {
		err = s.unusable(errors.New("the result was removed or damaged when it was just made"))
	}
	return done, err
}

// commit gives a folder its place, in one rename.
func (s *Store) commit(work Folder) error {
	if _, err := work.Manifest(); err != nil {
		return err
	}
	if err := os.Rename(work.Dir, s.Result(work.Key).Dir); err != nil {
		return err
	}
	return disk.SyncDir(s.dir)
}

// use reports whether there is a result, and has it used.
func (s *Store) use(j Job, made bool) (bool, error) {
	f := s.Result(j.Key)
	unlock, err := f.lock(false)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, s.unusable(err)
	}
	defer unlock()
	m, err := f.Manifest()
	if errors.Is(err, contract.ErrNotFound) {
		return false, nil // it was removed while this process waited for the lock
	}
	if err == nil {
		err = f.verify(m)
	}
	var other *formError
	switch {
	case err == nil:
		now := time.Now()
		_ = os.Chtimes(f.Path(ManifestFile), now, now) // prune --unused looks at it; a store that can only be read has none
		return true, j.Use(f, made)
	case errors.Is(err, contract.ErrBadData) && !errors.As(err, &other):
		j.note(fmt.Sprintf("a stored stage cannot be used and is made anew: %v", err))
		return false, s.discard(f)
	}
	return false, err
}

// discard takes a damaged result out of the way, in one rename.
func (s *Store) discard(f Folder) error {
	away := filepath.Join(s.dir, workDir, f.Key+".damaged")
	err := errors.Join(os.MkdirAll(filepath.Dir(away), 0o755), os.RemoveAll(away))
	if err == nil {
		err = os.Rename(f.Dir, away)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may have been first
		return s.unusable(err)
	}
	return os.RemoveAll(away)
}

func (s *Store) claim(ctx context.Context, j Job) (*claim.Claim, error) {
	dir := filepath.Join(s.dir, claimsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, s.unusable(err)
	}
	told := false
	c, err := s.taker.Wait(ctx, filepath.Join(dir, j.Key), func(by claim.Holder) {
		if !told {
			j.note(fmt.Sprintf("waits for %s, which %s makes", j.About.What, by))
		}
		told = true
	})
	if err != nil && ctx.Err() == nil {
		err = s.unusable(err)
	}
	return c, err
}

func (j Job) note(text string) {
	if j.Note != nil {
		j.Note(text)
	}
}

func (j Job) keeps() bool { return j.Keep == nil || j.Keep() }

func (j Job) lost() {
	if j.Lost != nil {
		j.Lost()
	}
}

// unusable says what to do about a store.
func (s *Store) unusable(err error) error {
	return fmt.Errorf("the store of stages in %s cannot be used: %w; --store DIR names another, --store off does without", s.dir, err)
}
