package page

import "cllm4rec/core/data"

// auditView is the split of a data set.
type auditView struct {
	Parts []partView
	Notes []string
}

type partView struct {
	Name                       string
	Interactions, Users, Items string
}

func (s set) audit() auditView {
	v := auditView{Notes: s.behind.AuditNotes}
	a := s.behind.Audit
	if a == nil {
		return v
	}
	for _, p := range []struct {
		name string
		of   *data.PartCounts
	}{{"training", &a.Train}, {"histories of users held out whole", a.FoldIn}, {"validation", &a.Validation}, {"test", &a.Test}} {
		if p.of != nil && p.of.Interactions > 0 {
			v.Parts = append(v.Parts, partView{p.name, thousands(p.of.Interactions), thousands(p.of.Users), thousands(p.of.Items)})
		}
	}
	return v
}
