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

// partEndings are those of files that may be parts of a table.
var partEndings = []string{".csv", ".tsv", ".txt", ".dat", ".data", ".json", ".jsonl", ".ndjson", ".parquet", ".pq"}

// parts are the files of one table.
type parts struct {
	files   []string
	ignored []string // names in the folder that are no parts
}

// partsOf finds the files of a table: the file itself, or those of a folder in the order
// of their names. Parts have an ending of a table, all the same, or begin with "part-" as
// those of Hadoop; names that begin with a dot or an underline are never parts.
func partsOf(path string) (parts, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return parts{}, err
	}
	if !sight.Folder {
		return parts{files: []string{path}}, regular.Check(path)
	}
	var p parts
	endings := map[string]string{}
	for _, name := range sight.Names {
		info, err := os.Stat(filepath.Join(path, name))
		ending, fits := partEnding(name)
		if err != nil || !info.Mode().IsRegular() || !fits {
			p.ignored = append(p.ignored, name)
			continue
		}
		p.files = append(p.files, filepath.Join(path, name))
		endings[ending] = name
	}
	slices.Sort(p.files)
	switch {
	case len(p.files) == 0:
		return p, contract.Errorf(contract.ErrBadData, "%s: the folder has no parts of a table, which are files ending in %s; it has %s", path, strings.Join(partEndings, ", "), object.Listed(p.ignored))
	case len(endings) > 1:
		return p, contract.Errorf(contract.ErrBadData, "%s: the folder has files of several kinds (%s), expected parts of one table: name the file that is meant", path, examples(endings))
	}
	return p, nil
}

// partEnding is the ending of a name without that of its compression.
func partEnding(name string) (ending string, fits bool) {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return "", false
	}
	ending = strings.ToLower(filepath.Ext(sniffed.Plain(name)))
	if slices.Contains(partEndings, ending) {
		return ending, true
	}
	return "", ending == "" && strings.HasPrefix(name, "part-")
}

func examples(endings map[string]string) string {
	var names []string
	for _, name := range endings {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// tell says in the log what of a folder is read.
func (p parts) tell(path string) {
	if len(p.files) < 2 && len(p.ignored) == 0 {
		return
	}
	log := sdk.Logger()
	line := log.Info().Str("folder", path).Int("parts", len(p.files))
	if len(p.ignored) > 0 {
		line = line.Str("ignored", object.Listed(p.ignored))
	}
	line.Msg("a folder of parts, read in the order of their names")
}
