package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/record"
	"cllm4rec/core/report"
)

// provenanceView is where the numbers come from and how to have them again.
type provenanceView struct {
	Pairs    []fact // name and value
	Plugins  []pluginView
	Data     []fact
	Failures []fact
	Commands string
	File     string // text of the experiment file, where the plan has it
}

type pluginView struct {
	Kind, Name, Version, Checksum, Full string
}

// records are all that the details have, in the order of the plan.
func records(d *report.Details) []*record.Record {
	var all []*record.Record
	for _, b := range d.Behind {
		for _, t := range b.Trials {
			if t.Record != nil {
				all = append(all, t.Record)
			}
		}
	}
	return all
}

// facts are what the page begins with.
func facts(d *report.Details) []fact {
	done, failed, missing, wall := 0, 0, 0, time.Duration(0)
	for _, b := range d.Behind {
		for _, t := range b.Trials {
			switch {
			case t.Record == nil:
				missing++
			case t.Record.Status == record.Failed:
				failed++
			default:
				done++
			}
			if t.Record != nil {
				wall += t.Record.Finished.Sub(t.Record.Started)
			}
		}
	}
	all := []fact{
		{thousands(len(d.Tables)), plural(len(d.Tables), "data set")}, {thousands(len(d.Plan.Methods)), plural(len(d.Plan.Methods), "row")},
		{thousands(len(d.Plan.Seeds)), plural(len(d.Plan.Seeds), "seed")}, {thousands(done), plural(done, "finished trial")},
	}
	if failed > 0 {
		all = append(all, fact{thousands(failed), "failed"})
	}
	if missing > 0 {
		all = append(all, fact{thousands(missing), "not run yet"})
	}
	return append(all, fact{seconds(wall.Seconds()), "of trials, wall clock"})
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

func provenance(d *report.Details, o Options) provenanceView {
	all := records(d)
	v := provenanceView{Commands: commands(d, o)}
	if s := d.Plan.Source; s != nil {
		v.File = s.Text
	}
	v.Pairs = append(v.Pairs, fact{"experiment", d.Experiment}, fact{"seeds", strings.Trim(fmt.Sprint(d.Plan.Seeds), "[]")})
	add := func(name string, values []string) {
		if len(values) > 0 {
			v.Pairs = append(v.Pairs, fact{name, strings.Join(values, "; ")})
		}
	}
	add("program", distinct(all, func(r *record.Record) string { return program(r.Versions) }))
	add("machine", distinct(all, func(r *record.Record) string { return machine(r.Environment) }))
	add("language model", distinct(all, func(r *record.Record) string { return model(r.Environment) }))
	if first, last := span(all); !first.IsZero() {
		v.Pairs = append(v.Pairs, fact{"run", fmt.Sprintf("%s to %s (UTC)", first.UTC().Format("2006-01-02 15:04"), last.UTC().Format("2006-01-02 15:04"))})
	}
	v.Plugins = pluginsOf(all)
	for _, b := range d.Behind {
		for _, t := range b.Trials {
			if t.Record == nil {
				continue
			}
			f := fact{t.Record.Dataset, t.Record.Data.Fingerprint}
			if !slices.Contains(v.Data, f) && f.What != "" {
				v.Data = append(v.Data, f)
			}
			if t.Record.Status == record.Failed {
				v.Failures = append(v.Failures, fact{fmt.Sprintf("%s on %s, %s", t.Method, t.Record.Dataset, trialName(t)), t.Record.Error})
			}
		}
	}
	return v
}

// commands run the experiment again and look at what it left.
func commands(d *report.Details, o Options) string {
	folder, file := cmp.Or(o.Folder, "DIR"), d.Experiment+".yaml"
	return fmt.Sprintf("cllm4rec run %s --out %s        # what has no record yet, with the experiment's file\ncllm4rec table %s\ncllm4rec report %s\n", file, folder, folder, folder)
}

// distinct are the different values, as they come.
func distinct(all []*record.Record, of func(*record.Record) string) []string {
	var out []string
	for _, r := range all {
		if v := of(r); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func program(v record.Versions) string {
	text := fmt.Sprintf("cllm4rec %s, %s", v.Program, v.Go)
	if v.Revision != "" {
		text += fmt.Sprintf(", revision %.12s", v.Revision)
	}
	if v.Modified {
		text += " with changes"
	}
	return text
}

func machine(e record.Environment) string {
	text := fmt.Sprintf("%s/%s, %s", e.OS, e.Arch, counted(e.Cores, "core"))
	if e.CPU != "" {
		text = e.CPU + ", " + text
	}
	if e.Memory > 0 {
		text += fmt.Sprintf(", %.0f GiB", float64(e.Memory)/(1<<30))
	}
	if e.Jobs > 1 {
		text += fmt.Sprintf(", %d trials at a time", e.Jobs)
	}
	return text
}

func model(e record.Environment) string {
	if e.Model == "" {
		return ""
	}
	return fmt.Sprintf("%.12s on %s in %s, %s", e.Model, e.Device, e.DType, e.Library)
}

func span(all []*record.Record) (first, last time.Time) {
	for _, r := range all {
		if first.IsZero() || r.Started.Before(first) {
			first = r.Started
		}
		if r.Finished.After(last) {
			last = r.Finished
		}
	}
	return first, last
}

// pluginsOf are the different builds that took part.
func pluginsOf(all []*record.Record) []pluginView {
	var out []pluginView
	for _, r := range all {
		for _, p := range r.Plugins {
			v := pluginView{p.Kind, p.Name, p.Version, fmt.Sprintf("%.12s", p.Checksum), p.Checksum}
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(a, b pluginView) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Full, b.Full))
	})
	return out
}
