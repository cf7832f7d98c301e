package main

import (
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// files are those of one data set.
type files struct {
	parts       []part // of the interactions
	items       string // NAME.item, or ""
	users       string // NAME.user, or ""
	unread      []string
	folder, own string
}

// part is a file of interactions and the part of a split that it holds.
type part struct {
	path string
	part contract.Part
}

func (f *files) all() []string {
	var all []string
	for _, p := range f.parts {
		all = append(all, p.path)
	}
	for _, path := range []string{f.items, f.users} {
		if path != "" {
			all = append(all, path)
		}
	}
	return all
}

// partWords are what RecBole's benchmark files call the parts: NAME.train.inter.
var partWords = []struct {
	word string
	part contract.Part
}{
	{"train", contract.PartTrain}, {"valid", contract.PartValidation}, {"validation", contract.PartValidation}, {"val", contract.PartValidation}, {"dev", contract.PartValidation}, {"test", contract.PartTest},
}

// inter ends the name of a file of interactions.
const inter = ".inter"

// files finds the files of the data set. ErrNotFound or ErrInvalid that lists what the
// folder has instead.
func (p Params) files() (*files, error) {
	sight, err := sniffed.Look(p.Path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder { // the files beside it decide too, and a key is made of what the path holds
		return nil, contract.Errorf(contract.ErrInvalid, "%s: is a file; give the folder that has it%s", p.Path, nameOfFile(sight.Names[0]))
	}
	name, err := choose(sight, p.Name)
	if err != nil {
		return nil, err
	}
	f := &files{folder: sight.Path, own: name, items: sight.File(name + ".item"), users: sight.File(name + ".user")}
	for _, file := range sight.Names {
		if plain := sniffed.Plain(file); strings.HasPrefix(plain, name+".") && slices.Contains([]string{".kg", ".link", ".net"}, filepath.Ext(plain)) {
			f.unread = append(f.unread, file)
		}
	}
	f.parts, err = p.interactions(sight, name)
	return f, err
}

// nameOfFile is how to name the data set of a file of interactions, for a message; ""
// for any other file.
func nameOfFile(file string) string {
	name, ok := strings.CutSuffix(sniffed.Plain(file), inter)
	if !ok {
		return ""
	}
	return ", and name: " + withoutPart(name)
}

// withoutPart is NAME of NAME or NAME.train.
func withoutPart(name string) string {
	for _, w := range partWords {
		if short, ok := strings.CutSuffix(name, "."+w.word); ok {
			return short
		}
	}
	return name
}

// names are the data sets that have files of interactions in a folder.
func names(sight sniffed.Sight) []string {
	var all []string
	for _, file := range sight.Names {
		if name, ok := strings.CutSuffix(sniffed.Plain(file), inter); ok {
			all = append(all, withoutPart(name))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// choose takes the data set that is named, or the only one.
func choose(sight sniffed.Sight, name string) (string, error) {
	all := names(sight)
	switch {
	case len(all) == 0:
		return "", contract.Errorf(contract.ErrInvalid, "%s: the folder has no atomic file of interactions, NAME%s; it has %s", sight.Path, inter, object.Listed(sight.Names))
	case name == "" && len(all) == 1:
		return all[0], nil
	case name == "":
		return "", contract.Errorf(contract.ErrInvalid, "%s: the folder has the files of several data sets (%s): say which (name: %s)", sight.Path, object.Listed(all), all[0])
	case !slices.Contains(all, name):
		return "", contract.Errorf(contract.ErrInvalid, "%s: there is no %s%s%s", sight.Path, name, inter, sdk.Hint(name, all))
	}
	return name, nil
}

// interactions are the file of all interactions, or those of a given split.
func (p Params) interactions(sight sniffed.Sight, name string) ([]part, error) {
	one := sight.File(name + inter)
	var split []part
	found := map[contract.Part]bool{}
	for _, w := range partWords {
		path := sight.File(name + "." + w.word + inter)
		if path == "" {
			continue
		}
		if found[w.part] {
			return nil, contract.Errorf(contract.ErrInvalid, "%s: there are two files of the %s part of %s", sight.Path, w.part, name)
		}
		found[w.part] = true
		split = append(split, part{path, w.part})
	}
	wantsSplit := p.Split == given || p.Split == auto && one == ""
	switch {
	case p.Split == auto && one != "" && len(split) > 0:
		return nil, contract.Errorf(contract.ErrInvalid, "%s: there are both %s%s and files of a given split (%s): say which to read (split: whole or given)", sight.Path, name, inter, filepath.Base(split[0].path))
	case !wantsSplit && one == "":
		return nil, contract.Errorf(contract.ErrInvalid, "%s: there is no %s%s, only files of a given split (split: given)", sight.Path, name, inter)
	case !wantsSplit:
		return []part{{one, contract.PartAll}}, nil
	case !found[contract.PartTrain] || !found[contract.PartTest]:
		return nil, contract.Errorf(contract.ErrInvalid, "%s: a given split needs %s.train%s and %s.test%s (%s.valid%s may be left out); the folder has %s", sight.Path, name, inter, name, inter, name, inter, object.Listed(sight.Names))
	}
	return split, nil
}

// tell says in the log what is read and what is not.
func (f *files) tell() {
	log := sdk.Logger()
	line := log.Info().Str("folder", f.folder).Str("name", f.own)
	var read []string
	for _, path := range f.all() {
		read = append(read, filepath.Base(path))
	}
	line = line.Str("read", strings.Join(read, ", "))
	if len(f.unread) > 0 {
		line = line.Str("not_read", strings.Join(f.unread, ", "))
	}
	line.Msg("atomic files (knowledge graphs, links and networks are not read)")
}
