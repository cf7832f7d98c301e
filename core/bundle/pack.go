package bundle

import (
	"archive/zip"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"

	"github.com/google/renameio/v2"
)

// Packed says what was packed.
type Packed struct {
	*Manifest
	Size   int64
	SHA256 string // of the bundle
}

// Pack writes the bundle of a plan and its records in one rename; the same records give the
// same bytes. Models and vectors stay out: no number of the table needs them.
//
// Errors: ErrInvalid where nothing is finished yet, and for records of an earlier version,
// which have no rankings; ErrBadData for a file that is not what its record says.
func Pack(file string, plan *experiment.Plan, stored record.PlanFile, store *record.Store, program string) (_ *Packed, err error) {
	p := packer{store: store, sums: map[string]string{}}
	p.Manifest = Manifest{Schema: Schema, Program: program, Experiment: plan.Name, Plan: stored.ID, Seeds: plan.Seeds, Trials: trialsOf(plan)}
	if err := p.records(); err != nil {
		return nil, err
	}
	p.add(path.Join("plans", stored.ID+".json"), stored.Path, "")
	p.sort()
	if p.Table, err = report.Build(plan, store, report.Options{Strata: true}); err != nil {
		return nil, err
	}
	return p.write(file)
}

// packer gathers what goes into a bundle.
type packer struct {
	Manifest
	store *record.Store
	names []entry
	sums  map[string]string // by name in the archive: what the records say, "" where they say nothing
}

// entry is a file and its name in the archive.
type entry struct{ name, path string }

func (p *packer) add(name, path, sum string) {
	if _, known := p.sums[name]; known {
		return
	}
	p.names, p.sums[name] = append(p.names, entry{name, path}), sum
}

// records adds the records of the trials and what they list.
func (p *packer) records() error {
	done := 0
	for i := range p.Trials {
		t := &p.Trials[i]
		rec, err := p.store.Load(t.Key)
		if errors.Is(err, contract.ErrNotFound) {
			t.Status = missing
			continue
		}
		if err != nil {
			return err
		}
		if rec.Schema != record.Schema {
			return contract.Errorf(contract.ErrInvalid, "the record of %s is of an earlier version, which kept no rankings: there is nothing to recompute its numbers from; run the experiment again", t)
		}
		t.Status = string(rec.Status)
		p.note(rec)
		p.trial(rec)
		if rec.Status == record.Done && !t.Tried {
			done++
		}
	}
	if done == 0 {
		return contract.Errorf(contract.ErrInvalid, "no trial of %s is finished: there is nothing to bundle; `cllm4rec run` makes records", p.Experiment)
	}
	return nil
}

func (p *packer) trial(rec *record.Record) {
	folder := p.store.Folder(rec.Key)
	p.add(path.Join("trials", rec.Key, "record.json"), filepath.Join(folder, "record.json"), "")
	for _, r := range rec.Results {
		for _, f := range []*record.File{&r.PerUser, r.Ranking} {
			p.add(path.Join("trials", rec.Key, f.Name), filepath.Join(folder, f.Name), f.SHA256)
		}
	}
	d := rec.Data
	if d.Files == nil {
		return
	}
	for _, f := range []*record.File{&d.Files.Users, &d.Files.Items, d.Files.FoldIn, d.Files.Attributes} {
		if f != nil {
			p.add(path.Join("data", d.Fingerprint, f.Name), filepath.Join(p.store.Dir(), "data", d.Fingerprint, f.Name), f.SHA256)
		}
	}
}

// write writes the archive, the manifest last.
func (p *packer) write(file string) (_ *Packed, err error) {
	out, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", file, err)
	}
	defer func() { err = errors.Join(err, out.Cleanup()) }()
	whole := sha256.New()
	counted := &counter{w: io.MultiWriter(out, whole)}
	archive := zip.NewWriter(counted)
	slices.SortFunc(p.names, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for _, e := range p.names {
		f, err := p.copy(archive, e)
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, *f)
	}
	raw, err := json.MarshalIndent(p.Manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	w, err := archive.Create(manifestFile)
	if err == nil {
		_, err = w.Write(append(raw, '\n'))
	}
	if err == nil {
		err = archive.Close()
	}
	if err == nil {
		err = out.CloseAtomicallyReplace()
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", file, err)
	}
	return &Packed{&p.Manifest, counted.n, hex.EncodeToString(whole.Sum(nil))}, nil
}

// copy adds one file. Those that are compressed already are stored as they are.
func (p *packer) copy(archive *zip.Writer, e entry) (*File, error) {
	in, err := os.Open(e.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	method := zip.Deflate
	if ext := path.Ext(e.name); ext == ".parquet" || ext == ".gz" {
		method = zip.Store
	}
	w, err := archive.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), in)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be packed: %w", e.path, err)
	}
	f := &File{e.name, n, hex.EncodeToString(sum.Sum(nil))}
	if want := p.sums[e.name]; want != "" && want != f.SHA256 {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: its checksum is not the one in record.json", e.path)
	}
	return f, nil
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
