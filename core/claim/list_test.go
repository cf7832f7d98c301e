package claim

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAListHasTheClaimsThatMayLive(t *testing.T) {
	dir := t.TempDir()
	c, err := NewTaker(quick).Take(filepath.Join(dir, "mine"))
	if err != nil {
		t.Fatal(err)
	}
	foreign(t, filepath.Join(dir, "theirs"), 0)
	dead := self()
	dead.ID, dead.Began = "dead", "never"
	raw, err := json.Marshal(dead)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"dead.1": raw, "notes": nil, "notes.txt": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := List(dir)
	if err != nil || len(all) != 2 || all[0].Name != "mine" || all[0].PID != os.Getpid() || all[1].Name != "theirs" || all[1].Host != "far" {
		t.Errorf("got %+v, error %v", all, err)
	}
	if err := c.Release(); err != nil {
		t.Error(err)
	}
}

func TestWorkEndsWhenItsClaimIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	c, err := NewTaker(quick).Take(path)
	if err != nil {
		t.Fatal(err)
	}
	err = c.During(t.Context(), func(ctx context.Context) error {
		if err := os.WriteFile(file(path, c.generation+1), []byte("{}"), 0o600); err != nil { // another took it over
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, ErrLost) {
		t.Errorf("got %v", err)
	}
}

func TestWorkThatFailsUnderItsClaimGivesItBackAndItsOwnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	taker := NewTaker(quick)
	c, err := taker.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	failure := errors.New("it failed")
	if err := c.During(t.Context(), func(context.Context) error { return failure }); !errors.Is(err, failure) || errors.Is(err, ErrLost) {
		t.Errorf("got %v", err)
	}
	if c, err = taker.Take(path); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(); err != nil {
		t.Error(err)
	}
}

func TestTheLossOfAClaimAroundItIsNoLossOfTheInnerOne(t *testing.T) {
	dir, taker := t.TempDir(), NewTaker(quick)
	outer, err := taker.Take(filepath.Join(dir, "outer"))
	if err != nil {
		t.Fatal(err)
	}
	err = outer.During(t.Context(), func(ctx context.Context) error {
		inner, err := taker.Take(filepath.Join(dir, "inner"))
		if err != nil {
			return err
		}
		err = inner.During(ctx, func(ctx context.Context) error {
			if err := os.WriteFile(file(outer.path, outer.generation+1), []byte("{}"), 0o600); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if errors.Is(err, ErrLost) || !errors.Is(err, context.Canceled) {
			t.Errorf("the inner work ends with %v", err)
		}
		return err
	})
	if !errors.Is(err, ErrLost) {
		t.Errorf("the outer work ends with %v", err)
	}
}
