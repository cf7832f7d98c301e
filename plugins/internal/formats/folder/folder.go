// Package folder finds the files of a published data set in the folder that its
// archive unpacks to.
package folder

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Folder is a folder and the names of what lies in it.
type Folder struct{ sniffed.Sight }

// Open looks at a folder. ErrNotFound where there is nothing, ErrInvalid for what is
// no folder.
func Open(path string) (Folder, error) {
	sight, err := sniffed.Look(path)
	if err == nil && !sight.Folder {
		err = contract.Errorf(contract.ErrInvalid, "%s: is a file; expected the folder that the archive of the data set unpacks to", path)
	}
	return Folder{sight}, err
}

// Need is the path of a file, plain or compressed, and ErrNotFound where there is
// none. what says what is read from it, such as "titles and genres".
func (f Folder) Need(name, what string) (string, error) {
	if path := f.File(name); path != "" {
		return path, nil
	}
	return "", contract.Errorf(contract.ErrNotFound, "%s: no such file (plain, .gz or .zst), in which %s stand; the folder holds %s", filepath.Join(f.Path, name), what, f.Some())
}

// Inside is the first folder in the folder that is what is looked for.
func (f Folder) Inside(is func(Folder) bool) (Folder, bool) {
	for _, name := range f.Names {
		if inner, err := Open(filepath.Join(f.Path, name)); err == nil && is(inner) {
			return inner, true
		}
	}
	return Folder{}, false
}

// Below points, for a message, to the first folder in the folder in which some of what
// is looked for lies; name says what to call the first of it. "" where none lies there.
func Below[R any](f Folder, lying func(Folder) []R, name func(R) string) string {
	var found []R
	inner, is := f.Inside(func(x Folder) bool { found = lying(x); return len(found) > 0 })
	if !is {
		return ""
	}
	return "; " + name(found[0]) + " lies in " + inner.Path
}

// Sniff guesses what a folder is, or else the first one in it of which there is a
// guess: archives often unpack to a folder in a folder. A file is nothing. The error
// is that of sniffed.Look or of the guess.
func Sniff(ctx context.Context, path string, guess func(context.Context, Folder) ([]contract.Guess, error)) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil || !sight.Folder {
		return nil, err
	}
	all, err := guess(ctx, Folder{sight})
	if err == nil && len(all) == 0 {
		Folder{sight}.Inside(func(inner Folder) bool { all, err = guess(ctx, inner); return err != nil || len(all) > 0 })
	}
	return all, err
}

// Some names a few of the entries, for a message.
func (f Folder) Some() string {
	const most = 12
	if len(f.Names) == 0 {
		return "nothing"
	}
	quoted := make([]string, 0, most)
	for _, name := range f.Names[:min(len(f.Names), most)] {
		quoted = append(quoted, fmt.Sprintf("%.60q", name))
	}
	text := strings.Join(quoted, ", ")
	if more := len(f.Names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
