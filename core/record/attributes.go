package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/disk"
)

// attributeRow is a row of attributes-DIGEST.parquet: the value of one attribute of a
// user. Words holds one word of a category or a text, several of a set.
type attributeRow struct {
	Name   string   `parquet:"name"`
	Type   string   `parquet:"type"`
	User   int32    `parquet:"user"` // index in users.parquet
	Words  []string `parquet:"words,list"`
	Number *float64 `parquet:"number,optional"`
}

// saveAttributes writes what is known of users; nil where nothing was read. The file
// is named by its content: attributes are not in the data's fingerprint.
func saveAttributes(dir string, s *data.Split) (*File, error) {
	var rows []attributeRow
	for _, a := range s.Training.Attributes {
		if a.Entity == contract.EntityUser {
			rows = append(rows, attributeRows(a)...)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	raw, err := encodeRows(rows)
	if err != nil {
		return nil, fmt.Errorf("the attributes of users cannot be written: %w", err)
	}
	f := fileOf("", raw)
	f.Name = fmt.Sprintf("attributes-%.12s.parquet", f.SHA256)
	path := filepath.Join(dir, f.Name)
	if there, err := os.ReadFile(path); err == nil && fileOf(f.Name, there) == f {
		return &f, nil
	}
	return &f, disk.Replace(path, raw)
}

func attributeRows(a contract.TrainAttributes) []attributeRow {
	rows := make([]attributeRow, len(a.Rows))
	for i, user := range a.Rows {
		rows[i] = attributeRow{Name: a.Name, Type: string(a.Type), User: user}
		switch a.Type {
		case contract.AttributeNumber:
			rows[i].Number = &a.Numbers[i]
		case contract.AttributeSet:
			rows[i].Words = a.Sets[i]
		default:
			rows[i].Words = a.Words[i : i+1]
		}
	}
	return rows
}

// UserAttributes reads what the record's data know of users, in the order of names.
// None for records whose run was not asked for attributes.
func (s *Store) UserAttributes(rec *Record) ([]contract.TrainAttributes, error) {
	if rec.Data.Files == nil || rec.Data.Files.Attributes == nil {
		return nil, nil
	}
	dir, f := s.dataFolder(rec.Data.Fingerprint), *rec.Data.Files.Attributes
	rows, err := loadRows[attributeRow](dir, f)
	if err != nil {
		return nil, err
	}
	attributes, err := attributesOf(rows, rec.Data.Users)
	if err != nil {
		return nil, damagedData(filepath.Join(dir, f.Name), err)
	}
	return attributes, nil
}

// attributesOf makes attributes of rows, which stand attribute by attribute.
func attributesOf(rows []attributeRow, users int) ([]contract.TrainAttributes, error) {
	var out []contract.TrainAttributes
	for _, row := range rows {
		if len(out) == 0 || out[len(out)-1].Name != row.Name {
			out = append(out, contract.TrainAttributes{Name: row.Name, Entity: contract.EntityUser, Type: contract.AttributeType(row.Type)})
		}
		a := &out[len(out)-1]
		if string(a.Type) != row.Type || !slices.Contains(contract.AttributeTypes(), a.Type) || row.User < 0 || int(row.User) >= users {
			return nil, fmt.Errorf("it has the attribute %s of type %q for user %d of %d", row.Name, row.Type, row.User, users)
		}
		a.Rows = append(a.Rows, row.User)
		switch {
		case a.Type == contract.AttributeNumber && row.Number != nil:
			a.Numbers = append(a.Numbers, *row.Number)
		case a.Type == contract.AttributeSet:
			a.Sets = append(a.Sets, row.Words)
		case a.Type != contract.AttributeNumber && len(row.Words) == 1:
			a.Words = append(a.Words, row.Words[0])
		default:
			return nil, fmt.Errorf("it has no value of %s for user %d", row.Name, row.User)
		}
	}
	return out, nil
}
