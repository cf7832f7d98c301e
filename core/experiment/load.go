package experiment

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// Options say how to read an experiment file.
type Options struct {
	// Data and Models are the flags of these names: the values of ${DATA} and
	// ${MODELS}; "" takes what Place.Dir says.
	Data, Models string
	Plugins      Catalogue `json:"-"`
	// Device is the one that a run gives to plugins that compute on one, in place of
	// their parameter; "" leaves it to them. Only its class (cpu, cuda) is content.
	Device string
	// RowsMayFail: a plugin that fails while it is asked (it dies, it hangs) is no
	// problem of the file but fails the trials that use it.
	RowsMayFail bool
	// Size is one of those of the file's `sizes`, which is laid over the rest; "" is the
	// file as it stands.
	Size string
	// ExactBinaries puts the checksums of plugins into the keys of trials: another
	// build is then another trial.
	ExactBinaries bool
}

// Selection is the filter and the split of a data set.
type Selection struct {
	Filter data.Filter    `json:"filter"`
	Split  data.SplitSpec `json:"split"`
}

// Load reads an experiment file and plans it. A file with mistakes gives
// Problems, all of them together.
func Load(ctx context.Context, file string, o Options) (*Plan, error) {
	text, err := read(file)
	if err != nil {
		return nil, err
	}
	return Parse(ctx, file, text, o)
}

// read reads a file, or one byte more of it than the parser takes.
func read(file string) ([]byte, error) {
	f, err := openRegular(file)
	if err == nil {
		defer func() { _ = f.Close() }()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, yamltree.MaxBytes+1)); err == nil {
			return text, nil
		}
	}
	switch {
	case contract.IsBadInput(err), contract.OutOfRoom(err):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, contract.Errorf(contract.ErrNotFound, "%s does not exist", file)
	default:
		return nil, contract.Errorf(contract.ErrNotFound, "%v", err)
	}
}

// Parse plans the text of an experiment file; file is its name in messages, and
// relative paths start at its folder.
func Parse(ctx context.Context, file string, text []byte, o Options) (*Plan, error) {
	c, err := newChecker(file, text, o)
	if err != nil {
		return nil, err
	}
	if c.isPretraining() {
		c.add(0, 0, "", "this is a pretraining file (it has texts, but no methods): cllm4rec pretrain reads it")
		return nil, sorted(c.problems).Err()
	}
	return c.experiment(ctx)
}

// Validate reads a file of either kind; the plan of the other kind is nil.
func Validate(ctx context.Context, file string, o Options) (*Plan, *PretrainPlan, error) {
	text, err := read(file)
	if err != nil {
		return nil, nil, err
	}
	c, err := newChecker(file, text, o)
	if err != nil {
		return nil, nil, err
	}
	if c.isPretraining() {
		p, err := c.pretraining(ctx)
		return nil, p, err
	}
	p, err := c.experiment(ctx)
	return p, nil, err
}

// isPretraining tells a pretraining file from an experiment.
func (c *checker) isPretraining() bool {
	return c.root.Get("texts") != nil && c.root.Get("methods") == nil
}

// experiment checks and plans an experiment.
func (c *checker) experiment(ctx context.Context) (*Plan, error) {
	c.check(ctx)
	c.files.memo.save()
	if err := c.err(ctx); err != nil {
		return nil, err
	}
	return c.plan()
}

// newChecker parses a file; its problems so far are the checker's.
func newChecker(file string, text []byte, o Options) (*checker, error) {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	places := map[Place]string{}
	for place, flag := range map[Place]string{Data: o.Data, Models: o.Models} {
		if places[place], err = place.Dir(flag, dir); err != nil {
			return nil, err
		}
	}
	root, problems := yamltree.Parse(file, text, expander(places))
	if root == nil {
		return nil, sorted(problems).Err()
	}
	c := &checker{
		file: file, dir: dir, root: withoutNotes(root), plugins: o.Plugins, problems: problems, exact: o.ExactBinaries, rowsMayFail: o.RowsMayFail, device: o.Device, files: digester{openMemo()},
		broken: map[string]bool{}, orphans: map[int]bool{}, bases: map[int]bool{}, uses: map[string]use{}, lists: map[string]string{}, failures: map[string]PluginPlan{},
		text: text, options: o, spaces: map[string]searchSpace{},
	}
	c.takeSize(o.Size)
	return c, nil
}

// withoutNotes is a file without the keys at its top that begin with x-, which
// hold what its anchors name.
func withoutNotes(root *yamltree.Node) *yamltree.Node {
	for _, name := range root.Names {
		if strings.HasPrefix(name, "x-") {
			root = root.Without(name)
		}
	}
	return root
}

// err is every problem found, unless the context or the machine ended the search.
func (c *checker) err(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.outOfRoom != nil {
		return c.outOfRoom
	}
	return sorted(c.problems).Err()
}

// plan turns a tree without problems into a plan.
func (c *checker) plan() (*Plan, error) {
	rows := c.dropBases()
	e, _, err := schema.Decode[Experiment](c.root.Marshal())
	if err != nil {
		return nil, err
	}
	p := &Plan{Schema: PlanSchema, Name: sizedName(e.Name, c.options.Size), Sizes: c.sizes, Seeds: e.Seeds, Evaluate: e.Evaluate, Table: e.Table, Limits: e.Limits.decided(), ExactBinaries: c.exact}
	for i := range p.Table.Published {
		if p.Table.Published[i].Dataset == "" {
			p.Table.Published[i].Dataset = e.Datasets[0].Name
		}
	}
	p.Table.Published, p.Table.PublishedFrom = append(p.Table.Published, c.published...), nil
	for i, d := range e.Datasets {
		at := "datasets." + strconv.Itoa(i)
		o, err := (data.Options{Name: d.Name, Filter: d.filter(), Split: d.Split}).Resolve()
		if err != nil {
			return nil, err
		}
		d := DatasetPlan{
			Name: d.Name, Plugin: c.pluginPlan(at), Documents: c.uses[at].plugin.Can(contract.CapabilityTexts),
			Attributes: c.uses[at].plugin.Can(contract.CapabilityAttributes), Selection: Selection{o.Filter, o.Split}, Digests: c.digests(o.Filter),
		}
		p.Datasets = append(p.Datasets, d.repeated(e.Datasets[i].Repeat)...)
	}
	for i, m := range e.Methods {
		method, err := c.methodPlan(rows[i], m)
		if err != nil {
			return nil, err
		}
		if m.Search != nil {
			method.Search = m.Search.resolve(e.Search, c.spaces[strconv.Itoa(rows[i])], method.Train)
		}
		p.Methods = append(p.Methods, method)
	}
	if p.Source, err = c.source(p, rows); err != nil {
		return nil, err
	}
	c.askForAttributes(p, rows)
	p.fillNeeds(e.Methods)
	p.addJoint()
	if err := c.addLinear(p, e.Methods, rows); err != nil {
		return nil, err
	}
	return p, p.fillTrials()
}

// askForAttributes lets the attributes of the data sets that have some be read where a
// method or the table asks.
func (c *checker) askForAttributes(p *Plan, rows []int) {
	asked := slices.ContainsFunc(rows, func(i int) bool {
		return c.uses["methods."+strconv.Itoa(i)+".recommender"].plugin.Can(contract.CapabilityAttributes)
	})
	asked = asked || p.Table.Strata != nil && len(p.Table.Strata.UserAttributes) > 0
	for i := range p.Datasets {
		p.Datasets[i].Attributes = p.Datasets[i].Attributes && asked
	}
}

func (u use) plan() PluginPlan {
	return PluginPlan{
		Kind: u.kind, Name: u.plugin.Name, Version: u.plugin.Version, Semantics: u.plugin.Semantics, Checksum: u.plugin.Checksum,
		Device: numericClass(u.plugin.Info, u.resolved, u.device), Params: u.resolved, Portable: u.portable,
	}
}
