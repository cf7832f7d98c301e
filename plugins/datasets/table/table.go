package main

import (
	"context"
	"embed"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/rows"
	"cllm4rec/plugins/internal/formats/times"
)

// dataset reads tables of interactions.
type dataset struct {
	sdk.Base[Params]
	told map[string]bool // what the log has of these parameters
}

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "table", Version: "1.0.0",
		Summary:      "tables of interactions: CSV, TSV and other separated text, JSON lines, Parquet; columns by name or number, one table or a given split",
		Capabilities: []contract.Capability{contract.CapabilityGivenSplit, contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check: contract.Check{
			Params: []byte(`{"path": "./tiny/ratings.csv", "items": {"path": "./tiny/books.csv", "attributes": {"genres": "set", "year": "number", "price": "number", "publisher": "category"}}, "users": {"path": "./tiny/readers.tsv", "attributes": {"age": "number", "city": "category"}}}`),
			Files:  sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny", Whole: true,
		},
	})}
	d.Check = Params.check
	d.Forget = func() { d.told = map[string]bool{} }
	return d
}

// part is one table of interactions and the part of a split that it holds.
type part struct {
	path string
	part contract.Part
}

func (p Params) tables() []part {
	if p.Path != "" {
		return []part{{p.Path, contract.PartAll}}
	}
	all := []part{{p.Train, contract.PartTrain}}
	if p.Validation != "" {
		all = append(all, part{p.Validation, contract.PartValidation})
	}
	return append(all, part{p.Test, contract.PartTest})
}

// Interactions streams a row for each record: its user and item and, where there are
// such columns, its value and its time.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	var before *layout
	for _, p := range d.Params().tables() {
		l, err := d.open(ctx, p)
		if err != nil {
			return err
		}
		if err := l.agrees(before); err != nil {
			return err
		}
		before = l
		if err := l.stream(ctx, p.part, yield); err != nil {
			return err
		}
	}
	return nil
}

// stream reads one table. Where a column says the part, each part gathers chunks of its
// own: rows of different parts may stand side by side.
func (l *layout) stream(ctx context.Context, given contract.Part, yield func(*contract.InteractionChunk) error) error {
	wanted := l.wanted("user", "item", "value", "time", "part")
	user, item, value, time, inPart := wanted.place("user"), wanted.place("item"), wanted.place("value"), wanted.place("time"), wanted.place("part")
	clock, err := times.New(l.table.path, l.name("time"), l.params.TimeFormat)
	if err != nil {
		return err
	}
	users, items := ids.New(l.table.path, "user"), ids.New(l.table.path, "item")
	w := writers{Values: value != absent, Times: time != absent, yield: yield}
	err = l.table.read(ctx, wanted.columns, func(r row) error {
		in := rows.Interaction{}
		u, err := r.id(user)
		if err != nil {
			return err
		}
		in.User = users.Of(u)
		i, err := r.id(item)
		if err != nil {
			return err
		}
		in.Item = items.Of(i)
		if value != absent {
			if in.Value, err = narrow(r, value); err != nil {
				return err
			}
		}
		if time != absent {
			if in.Time, err = r.seconds(time, clock); err != nil {
				return err
			}
		}
		part := given
		if inPart != absent {
			if part, err = partOf(r, inPart); err != nil {
				return err
			}
		}
		return w.of(part).Add(part, in)
	})
	if err != nil {
		return err
	}
	return w.flush()
}

// narrow is the value of an interaction, a number of 32 bits.
func narrow(r row, i int) (float32, error) {
	n, known, err := r.number(i)
	if err != nil {
		return 0, err
	}
	if value := float32(n); known && value-value == 0 {
		return value, nil
	}
	return 0, r.wrong(i, "a number of 32 bits (value: none where it is not to be read)")
}

// partNames are what a column may call the parts, in small letters.
var partNames = map[string]contract.Part{
	"train": contract.PartTrain, "training": contract.PartTrain,
	"valid": contract.PartValidation, "validation": contract.PartValidation, "val": contract.PartValidation, "dev": contract.PartValidation, "vad": contract.PartValidation,
	"test": contract.PartTest, "testing": contract.PartTest,
}

func partOf(r row, i int) (contract.Part, error) {
	name, err := r.text(i)
	if err != nil {
		return "", err
	}
	if part, known := partNames[plain(name)]; known {
		return part, nil
	}
	return "", r.wrong(i, "train, validation (valid, val, dev) or test")
}

// writers gather the interactions of each part.
type writers struct {
	Values, Times bool
	yield         func(*contract.InteractionChunk) error
	parts         []contract.Part
	writers       []*rows.Interactions
}

func (w *writers) of(part contract.Part) *rows.Interactions {
	for i, p := range w.parts {
		if p == part {
			return w.writers[i]
		}
	}
	w.parts = append(w.parts, part)
	w.writers = append(w.writers, &rows.Interactions{Yield: w.yield, Values: w.Values, Times: w.Times})
	return w.writers[len(w.writers)-1]
}

func (w *writers) flush() error {
	for _, writer := range w.writers {
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	return nil
}
