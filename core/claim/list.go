package claim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Held is a claim that somebody holds.
type Held struct {
	Name string // of the path that is claimed
	Holder
}

// List lists the claims of a folder, by name, but those of processes of this machine that
// have died. Of other machines it does not tell whether they live.
func List(dir string) ([]Held, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the claims cannot be listed: %w", err)
	}
	here := self().Place
	var all []Held
	for _, e := range entries {
		name, generation, ok := cutLast(e.Name())
		if _, err := strconv.Atoi(generation); !ok || err != nil {
			continue
		}
		h, err := readHolder(filepath.Join(dir, e.Name()))
		if os.IsNotExist(err) || h.dead(here) {
			continue // given back just now, or nobody's
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Held{name, h})
	}
	return all, nil
}

// cutLast cuts a name at its last point.
func cutLast(name string) (before, after string, ok bool) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return name, "", false
	}
	return name[:at], name[at+1:], true
}
