package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/times"
)

// column names a column, or gives its number from 1. "" leaves it to be recognised by
// the names that are usual, none says that there is no such column.
type column string

const none column = "none"

// UnmarshalJSON takes a name, or a number as YAML writes one.
func (c *column) UnmarshalJSON(raw []byte) error {
	var number int64
	if json.Unmarshal(raw, &number) == nil {
		*c = column(fmt.Sprint(number))
		return nil
	}
	var name string
	err := json.Unmarshal(raw, &name)
	*c = column(name)
	return err
}

// The choices of form.
const (
	auto     = "auto"
	yes      = "yes"
	no       = "no"
	text     = "text"
	jsonl    = "jsonl"
	parquets = "parquet"
	latin1   = "latin1"
)

// form is how a table is written.
type form struct {
	Format    string   `json:"format" jsonschema:"default=auto,enum=auto,enum=text,enum=jsonl,enum=parquet" jsonschema_description:"text is any text with separators (CSV, TSV, ...), jsonl one JSON object a line; auto looks at the first bytes"`
	Separator string   `json:"separator,omitempty" jsonschema:"minLength=1" jsonschema_description:"of fields in a text: one or more characters, tab, or blanks (any number of spaces and tabs); left out, it is recognised"`
	Header    string   `json:"header" jsonschema:"default=auto,enum=auto,enum=yes,enum=no" jsonschema_description:"whether the first line of a text names the columns; auto looks at the first lines"`
	Quotes    string   `json:"quotes" jsonschema:"default=auto,enum=auto,enum=yes,enum=no" jsonschema_description:"whether fields of a text may stand in double quotes, with separators and line breaks inside; auto: with a comma or semicolon, and where the first lines have such fields"`
	Encoding  string   `json:"encoding" jsonschema:"default=utf-8,enum=utf-8,enum=latin1" jsonschema_description:"of a text; latin1 is ISO 8859-1"`
	Missing   []string `json:"missing,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"what stands for an attribute or a text that is not known, such as NA; an empty field always does"`
	List      string   `json:"list_separator" jsonschema:"default=|,minLength=1" jsonschema_description:"what separates the words of a set, of tags and of categories within a field of a text"`

	names []string // of columns, as the user gives them
}

// naming is the form of a table of which the user names these columns.
func (f form) naming(columns []role) form {
	f.names = nil
	for _, r := range columns {
		if _, err := strconv.Atoi(string(r.column)); err != nil && r.column != "" && r.column != none {
			f.names = append(f.names, string(r.column))
		}
	}
	return f
}

// separator is the separator of fields; "" where it is to be recognised.
func (f form) separator() string {
	switch f.Separator {
	case "tab", `\t`:
		return "\t"
	case "blanks":
		return delimited.Blanks
	}
	return f.Separator
}

// textColumns are the columns with texts about an item.
type textColumns struct {
	Title       column `json:"title,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the title"`
	Description column `json:"description,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the description"`
	Tags        column `json:"tags,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the tags"`
	Categories  column `json:"categories,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the categories"`
	Brand       column `json:"brand,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the brand"`
}

// items say where items are described.
type items struct {
	Path string `json:"path,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"file or folder of parts with a row for each item; left out, the columns are those of the interactions"`
	ID   column `json:"id,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the item in that file"`
	textColumns
	Attributes map[string]string `json:"attributes,omitempty" jsonschema_description:"columns that are attributes, each with its type: category, number, set or text"`
	form
}

// users say where users are described.
type users struct {
	Path       string            `json:"path,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"file or folder of parts with a row for each user; left out, the columns are those of the interactions"`
	ID         column            `json:"id,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the user in that file"`
	Biography  column            `json:"biography,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of a text about the user"`
	Attributes map[string]string `json:"attributes,omitempty" jsonschema_description:"columns that are attributes, each with its type: category, number, set or text"`
	form
}

// Params are the plugin's parameters.
type Params struct {
	Path       string `json:"path,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"table of interactions, a file or a folder of parts that are read in the order of their names; in place of train and test"`
	Train      string `json:"train,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the training part of a given split, a file or a folder of parts"`
	Validation string `json:"validation,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the validation part of a given split"`
	Test       string `json:"test,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the test part of a given split"`
	User       column `json:"user,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the user, by name or by number from 1; here and below a column that is left out is recognised by the usual names, and none is no column"`
	Item       column `json:"item,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the item"`
	Value      column `json:"value,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the value (a rating or a count)"`
	Time       column `json:"time,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of the time"`
	Part       column `json:"part,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column that says train, validation or test: a given split in one file"`
	Review     column `json:"review,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"column of a text about the user and the item"`
	TimeFormat string `json:"time_format" jsonschema:"default=auto,minLength=1" jsonschema_description:"seconds, milliseconds, microseconds, nanoseconds (since 1970), iso8601, or a layout such as %d/%m/%Y %H:%M; auto recognises the unit of numbers and ISO 8601"`
	Items      *items `json:"items,omitempty" jsonschema_description:"texts and attributes of the items"`
	Users      *users `json:"users,omitempty" jsonschema_description:"texts and attributes of the users"`
	form
}

// check looks for what single parameters cannot tell.
func (p Params) check() error {
	split := p.Train != "" || p.Validation != "" || p.Test != ""
	switch {
	case p.Path != "" && split:
		return invalid("path and train, validation, test: expected one table or the tables of a split, not both")
	case p.Path == "" && !split:
		return invalid("expected path, or train and test")
	case split && (p.Train == "" || p.Test == ""):
		return invalid("a given split needs both train and test (validation may be left out)")
	case split && p.Part != "" && p.Part != none:
		return invalid("part is the column of a split in one table: expected path in place of train, validation and test")
	case p.User == none, p.Item == none:
		return invalid("user and item cannot be none: every interaction has both")
	}
	if _, err := times.New("", "", p.TimeFormat); err != nil {
		return invalid("time_format: %v", err)
	}
	var described []described
	if p.Items != nil {
		described = append(described, p.Items.described())
	}
	if p.Users != nil {
		described = append(described, p.Users.described())
	}
	for _, d := range described {
		if err := d.check(); err != nil {
			return err
		}
	}
	return p.checkPaths()
}

// checkPaths refuses what is neither a file nor a folder; the runner has looked whether
// there is anything at all.
func (p Params) checkPaths() error {
	paths := []string{p.Path, p.Train, p.Validation, p.Test}
	if p.Items != nil {
		paths = append(paths, p.Items.Path)
	}
	if p.Users != nil {
		paths = append(paths, p.Users.Path)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			continue // not given, or a file that reading will miss
		}
		if _, err := partsOf(path); err != nil {
			return invalid("%v", err)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return contract.Errorf(contract.ErrInvalid, format, args...)
}

// described is what items and users have in common.
type described struct {
	entity     contract.Entity
	path       string // "" where the table of interactions describes them
	id         column
	texts      []role
	attributes map[string]string
	form       form
}

func (i *items) described() described {
	return described{contract.EntityItem, i.Path, i.ID, []role{
		{name: string(contract.TextTitle), column: i.Title}, {name: string(contract.TextDescription), column: i.Description}, {name: string(contract.TextTags), column: i.Tags},
		{name: string(contract.TextCategories), column: i.Categories}, {name: string(contract.TextBrand), column: i.Brand},
	}, i.Attributes, i.form}
}

func (u *users) described() described {
	return described{contract.EntityUser, u.Path, u.ID, []role{{name: string(contract.TextBiography), column: u.Biography}}, u.Attributes, u.form}
}

// named are the columns that the user may have named.
func (d described) named() []role {
	all := append([]role{{column: d.id}}, d.texts...)
	for name := range d.attributes {
		all = append(all, role{column: column(name)})
	}
	return all
}

func (d described) check() error {
	for _, name := range slices.Sorted(maps.Keys(d.attributes)) {
		kind := d.attributes[name]
		if !slices.Contains(contract.AttributeTypes(), contract.AttributeType(kind)) {
			return invalid("%ss.attributes.%s: the type is %q, expected one of %v", d.entity, name, kind, contract.AttributeTypes())
		}
	}
	named := slices.ContainsFunc(d.texts, func(r role) bool { return r.column != "" && r.column != none })
	switch {
	case d.path == "" && d.id != "":
		return invalid("%ss.id belongs to a file of the %ss: expected %ss.path too", d.entity, d.entity, d.entity)
	case d.path == "" && !named && len(d.attributes) == 0:
		return invalid("%ss: expected the path of a file, or columns of the interactions that are texts or attributes", d.entity)
	}
	return nil
}
