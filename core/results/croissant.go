package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
)

// object is JSON-LD.
type object = map[string]any

// Croissant is a card of the data that the trials of a plan saw, in the Croissant format 1.0
// of MLCommons with the terms of its vocabulary for responsible AI: the stored files with
// their checksums, their columns, how they were made and what their audits warn of. Paths are
// relative to base, the folder of the card; dir is that of the records. What no record knows
// (licence, citation) is not in it. ErrNotFound where no trial has stored data.
func Croissant(plan *experiment.Plan, from Store, dir, base string) ([]byte, error) {
	all, err := trials(plan, from)
	if err != nil {
		return nil, err
	}
	root, err := relative(dir, base)
	if err != nil {
		return nil, err
	}
	c := card{folder: root}
	seen := map[string]bool{}
	for _, t := range all {
		if t.Status != record.Done || t.Data.Files == nil || seen[t.Data.Fingerprint] {
			continue
		}
		seen[t.Data.Fingerprint] = true
		if err := c.add(plan, t); err != nil {
			return nil, err
		}
	}
	if len(c.files) == 0 {
		return nil, contract.Errorf(contract.ErrNotFound, "no trial of %s is finished: there are no stored data; `cllm4rec run` makes them", plan.Name)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err = enc.Encode(object{
		"@context": croissantContext(), "@type": "sc:Dataset", "conformsTo": []string{"http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"},
		"name": nameForm(plan.Name), "description": strings.Join(c.said, "\n"), "distribution": c.files, "recordSet": c.sets,
		"rai:dataPreprocessingProtocol": c.made, "rai:dataLimitations": c.warned,
	})
	return b.Bytes(), err
}

// relative is how the folder of records is reached from that of the card.
func relative(dir, base string) (string, error) {
	from, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(from, to)
	return filepath.ToSlash(rel), err
}

// card is a card under way.
type card struct {
	folder             string
	files, sets        []object
	said, made, warned []string
}

// add describes the data that a trial saw.
func (c *card) add(plan *experiment.Plan, t ran) error {
	at := slices.IndexFunc(plan.Datasets, func(d experiment.DatasetPlan) bool { return d.Label() == t.dataset })
	d := plan.Datasets[at]
	made, err := json.Marshal(d.Selection)
	if err != nil {
		return err
	}
	c.made = append(c.made, fmt.Sprintf("%s: read by the plugin %s %s with %s; %s.", t.dataset, d.Plugin.Name, d.Plugin.Version, d.Plugin.Portable, made))
	c.said = append(c.said, fmt.Sprintf("%s: %d users, %d items, %d training interactions, as divided into training, validation and test part; fingerprint %s.", t.dataset, t.Data.Users, t.Data.Items, t.Data.Interactions, t.Data.Fingerprint))
	var audit data.Audit
	if json.Unmarshal(t.Data.Audit, &audit) == nil {
		words, err := report.AuditInWords(audit)
		if err != nil {
			return err
		}
		for _, w := range words {
			if strings.HasPrefix(w, "Warning") {
				c.warned = append(c.warned, t.dataset+": "+w)
			} else {
				c.said = append(c.said, t.dataset+": "+w)
			}
		}
	}
	f := t.Data.Files
	c.file(t, "users", f.Users, column{"id", "sc:Text", false}, column{"train", "sc:Integer", true}, column{"validation", "sc:Integer", true}, column{"test", "sc:Integer", true})
	c.file(t, "items", f.Items, column{"id", "sc:Text", false}, column{"train_count", "sc:Integer", false}, column{"title", "sc:Text", false})
	if f.FoldIn != nil {
		c.file(t, "fold-in", *f.FoldIn, column{"user", "sc:Integer", false}, column{"items", "sc:Integer", true})
	}
	if f.Attributes != nil {
		c.file(t, "attributes", *f.Attributes, column{"name", "sc:Text", false}, column{"type", "sc:Text", false}, column{"user", "sc:Integer", false}, column{"words", "sc:Text", true}, column{"number", "sc:Float", false})
	}
	return nil
}

// column is a column of a file.
type column struct {
	name, kind string
	list       bool
}

// file describes a file and its columns.
func (c *card) file(t ran, what string, f record.File, columns ...column) {
	id := fmt.Sprintf("%.12s-%s", t.Data.Fingerprint, what)
	c.files = append(c.files, object{
		"@type": "cr:FileObject", "@id": id + ".parquet", "name": id + ".parquet", "description": fmt.Sprintf("%s of %s", what, t.dataset),
		"contentUrl": c.folder + "/data/" + t.Data.Fingerprint + "/" + f.Name, "encodingFormat": "application/x-parquet", "sha256": f.SHA256,
	})
	var fields []object
	for _, col := range columns {
		field := object{
			"@type": "cr:Field", "@id": id + "/" + col.name, "name": id + "/" + col.name, "dataType": col.kind,
			"source": object{"fileObject": object{"@id": id + ".parquet"}, "extract": object{"column": col.name}},
		}
		if col.list {
			field["repeated"] = true
		}
		fields = append(fields, field)
	}
	c.sets = append(c.sets, object{"@type": "cr:RecordSet", "@id": id, "name": id, "description": fmt.Sprintf("%s of %s (docs/records.md)", what, t.dataset), "field": fields})
}

// nameForm is a name as the format takes it: without other than letters, digits, hyphens and underscores.
func nameForm(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '-'
	}, s)
}

// croissantContext is the one that the specification gives.
func croissantContext() object {
	return object{
		"@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/",
		"rai": "http://mlcommons.org/croissant/RAI/", "data": object{"@id": "cr:data", "@type": "@json"}, "dataType": object{"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
		"examples": object{"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
		"format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
		"recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace", "sc": "https://schema.org/", "separator": "cr:separator",
		"source": "cr:source", "subField": "cr:subField", "transform": "cr:transform", "samplingRate": "cr:samplingRate", "equivalentProperty": "cr:equivalentProperty",
	}
}
