package data

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"

	"golang.org/x/text/unicode/norm"
)

// SimilarIDs are ids of users or items that differ in nothing but the normalisation
// form of Unicode or white space, and are perhaps one user or item under several names.
type SimilarIDs struct {
	Entity contract.Entity `json:"entity"`
	Groups int             `json:"groups"`
	// Examples are the first groups in the order of their plain form, some ids of each.
	Examples [][]string `json:"examples"`
}

// similarIDs finds them; none where all ids differ in more.
func similarIDs(entity contract.Entity, v *Vocabulary) []SimilarIDs {
	groups := map[string][]string{} // by plain form, of the ids that have another form
	for _, id := range v.ids {
		if form := plainForm(id); form != id {
			groups[form] = append(groups[form], id)
		}
	}
	var forms []string
	for form, ids := range groups {
		if _, plain := v.Index(form); plain {
			groups[form] = append([]string{form}, ids...)
		}
		if len(groups[form]) > 1 {
			forms = append(forms, form)
		}
	}
	if forms == nil {
		return nil
	}
	slices.Sort(forms)
	s := SimilarIDs{Entity: entity, Groups: len(forms)}
	for _, form := range forms[:min(mostExamples, len(forms))] {
		s.Examples = append(s.Examples, groups[form][:2])
	}
	return []SimilarIDs{s}
}

// plainForm is an id in the form NFC, without white space at its ends and with single
// blanks inside.
func plainForm(id string) string {
	if !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return id // what most ids are
	}
	return strings.Join(strings.Fields(norm.NFC.String(id)), " ")
}
