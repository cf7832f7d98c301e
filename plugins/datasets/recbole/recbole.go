package main

import (
	"context"
	"embed"
	"os"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/rows"
	"cllm4rec/plugins/internal/formats/times"
)

// none says that a field is not to be read.
const none = "none"

// The choices of Params.Split.
const (
	auto  = "auto"
	whole = "whole"
	given = "given"
)

// Params are the plugin's parameters.
type Params struct {
	Path     string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"the folder of the atomic files"`
	Name     string `json:"name,omitempty" jsonschema:"minLength=1" jsonschema_description:"NAME of the files NAME.inter, NAME.item ..., where the folder has those of several data sets"`
	Split    string `json:"split" jsonschema:"default=auto,enum=auto,enum=whole,enum=given" jsonschema_description:"whole reads NAME.inter, given NAME.train.inter, NAME.valid.inter and NAME.test.inter; auto reads the one that is there"`
	User     string `json:"user" jsonschema:"default=user_id,minLength=1" jsonschema_description:"field of the user (RecBole's USER_ID_FIELD)"`
	Item     string `json:"item" jsonschema:"default=item_id,minLength=1" jsonschema_description:"field of the item (ITEM_ID_FIELD)"`
	Value    string `json:"value,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of the value (RATING_FIELD); left out, rating where there is one; none reads none"`
	Time     string `json:"time,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of the time (TIME_FIELD), in seconds or a smaller unit, which is recognised; left out, timestamp where there is one; none reads none"`
	Texts    *kinds `json:"texts,omitempty" jsonschema_description:"which fields are texts; left out, those with the usual names"`
	Fields   string `json:"field_separator" jsonschema:"default=\t,minLength=1" jsonschema_description:"what separates fields (RecBole's field_separator)"`
	Sequence string `json:"seq_separator" jsonschema:"default= ,minLength=1" jsonschema_description:"what separates the words of a token_seq (RecBole's seq_separator)"`
	Quotes   bool   `json:"quotes" jsonschema_description:"fields may stand in double quotes, as pandas writes them"`
}

// kinds say which field is which text; "" leaves it to the usual names.
type kinds struct {
	Title       string `json:"title,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.item with the title; here and below none is no field"`
	Description string `json:"description,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.item with the description"`
	Tags        string `json:"tags,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.item with tags"`
	Categories  string `json:"categories,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.item with categories"`
	Brand       string `json:"brand,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.item with the brand"`
	Biography   string `json:"biography,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.user with a text about the user"`
	Review      string `json:"review,omitempty" jsonschema:"minLength=1" jsonschema_description:"field of NAME.inter with a text about the user and the item"`
}

// dataset reads the atomic files of RecBole (Zhao et al., CIKM 2021).
type dataset struct {
	sdk.Base[Params]
	told bool // the log says what these parameters read
}

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "recbole", Version: "1.0.0",
		Summary:      "RecBole's atomic files: interactions, items and users with typed fields, one file or a given split",
		Capabilities: []contract.Capability{contract.CapabilityGivenSplit, contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./tiny"}`), Files: sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny", Whole: true},
	})}
	d.Check = Params.check
	d.Forget = func() { d.told = false }
	return d
}

// check wants the files of one data set; the runner has looked whether there is anything
// at all.
func (p Params) check() error {
	if p.User == p.Item {
		return contract.Errorf(contract.ErrInvalid, "user and item are both the field %q", p.User)
	}
	if !utf8.ValidString(p.Sequence) {
		return contract.Errorf(contract.ErrInvalid, "seq_separator is no UTF-8")
	}
	if _, err := os.Stat(p.Path); err != nil {
		return nil // a path that reading will miss
	}
	_, err := p.files()
	return err
}

// open finds the files and tells the log once what is read and what is not.
func (d *dataset) open(call string) (*files, error) {
	if err := d.Configured(call); err != nil {
		return nil, err
	}
	f, err := d.Params().files()
	if err != nil || d.told {
		return f, err
	}
	d.told = true
	f.tell()
	return f, nil
}

// Interactions streams a row for each record of the .inter files.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	f, err := d.open("Interactions")
	if err != nil {
		return err
	}
	var before *atomic
	for _, p := range f.parts {
		a, err := openAtomic(ctx, p.path, d.Params())
		if err != nil {
			return err
		}
		if err := a.agrees(before); err != nil {
			return err
		}
		before = a
		if err := a.stream(ctx, p.part, yield); err != nil {
			return err
		}
	}
	return nil
}

// stream reads one .inter file.
func (a *atomic) stream(ctx context.Context, part contract.Part, yield func(*contract.InteractionChunk) error) error {
	columns, err := a.interactions()
	if err != nil {
		return err
	}
	clock, err := times.New(a.path, columns.time.name, times.Auto)
	if err != nil {
		return err
	}
	users, items := ids.New(a.path, "user"), ids.New(a.path, "item")
	w := rows.Interactions{Yield: yield, Values: columns.value.is(), Times: columns.time.is()}
	err = a.each(ctx, func(r delimited.Record) error {
		user, err := identifier(r, columns.user.at)
		if err != nil {
			return err
		}
		in := rows.Interaction{User: users.Of(user)}
		item, err := identifier(r, columns.item.at)
		if err != nil {
			return err
		}
		in.Item = items.Of(item)
		if columns.value.is() {
			if in.Value, err = r.Value(columns.value.at); err != nil {
				return err
			}
		}
		if columns.time.is() {
			if in.Time, err = clock.Seconds(r.Fields[columns.time.at]); err != nil {
				return r.Errorf("%s %v", r.Column(columns.time.at), err)
			}
		}
		return w.Add(part, in)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// identifier is the id in a field, valid until the next record.
func identifier(r delimited.Record, i int) ([]byte, error) {
	if id := r.Trimmed(i); len(id) > 0 {
		return id, nil
	}
	return nil, r.Wrong(i, "an identifier")
}
