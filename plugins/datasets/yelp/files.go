package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// files are the paths of the data set; "" where there is none.
type files struct{ review, business, user, tip string }

// files finds the files in the folder, or takes those that the parameters name. Errors
// say what is missing for which parameter; an archive that is not unpacked is named.
func (p Params) files() (files, error) {
	f := files{review: p.Path, business: p.Business, user: p.User, tip: p.Tip}
	if entry, err := os.Stat(p.Path); err == nil && entry.IsDir() {
		if f.business+f.user+f.tip != "" {
			return files{}, contract.Errorf(contract.ErrInvalid, "business_file, user_file and tip_file belong to a path that is the review file; %s is a folder, whose files are found by their names", p.Path)
		}
		if f, err = find(p.Path); err != nil {
			return files{}, err
		}
	}
	if err := regular.CheckGiven(f.review, f.business, f.user, f.tip); err != nil {
		return files{}, err
	}
	switch {
	case p.Tips != tipsNone && f.tip == "":
		return files{}, contract.Errorf(contract.ErrInvalid, "tips is %q, and there is no tip file: expected tip_file, or yelp_academic_dataset_tip.json in the folder", p.Tips)
	case len(p.Cities)+len(p.Categories) > 0 && f.business == "":
		return files{}, contract.Errorf(contract.ErrInvalid, "cities and categories stand in the business file, which is not there: expected business_file, or yelp_academic_dataset_business.json in the folder")
	}
	return f, nil
}

// find looks for the files in a folder.
func find(folder string) (files, error) {
	sight, err := sniffed.Look(folder)
	if err != nil {
		return files{}, err
	}
	names := sight.Names
	var f files
	for _, w := range []struct {
		kind string
		path *string
	}{{"review", &f.review}, {"business", &f.business}, {"user", &f.user}, {"tip", &f.tip}} {
		found := matching(names, w.kind)
		if len(found) > 1 {
			return files{}, contract.Errorf(contract.ErrInvalid, "%s has several %s files (%s): expected one", folder, w.kind, object.Listed(found))
		}
		if len(found) == 1 {
			*w.path = filepath.Join(folder, found[0])
		}
	}
	if f.review == "" {
		return files{}, contract.Errorf(contract.ErrInvalid, "%s has no yelp_academic_dataset_review.json; it has %s%s", folder, object.Listed(names), unpacking(names))
	}
	return f, nil
}

// matching are the names of files of one kind: as Yelp gives them today, or as it did
// until 2019 (review.json), plain or compressed.
func matching(names []string, kind string) (found []string) {
	for _, name := range names {
		if plain := sniffed.Plain(name); plain == "yelp_academic_dataset_"+kind+".json" || plain == kind+".json" {
			found = append(found, name)
		}
	}
	return found
}

// unpacking says which archive to unpack, where there is one.
func unpacking(names []string) string {
	at := slices.IndexFunc(names, func(name string) bool {
		return slices.ContainsFunc([]string{".tar", ".tgz", ".tar.gz", ".zip"}, func(end string) bool { return strings.HasSuffix(name, end) })
	})
	if at < 0 {
		return ""
	}
	return "; unpack " + names[at] + " first (tar -xf)"
}

// tell logs that there is no file of a kind and what lacks without it.
func (f files) tell(kind, without string) {
	log := sdk.Logger()
	log.Info().Str("folder", filepath.Dir(f.review)).Msgf("no %s file: %s", kind, without)
}
