package features

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// What happens to the rows that a file has too many or too few of.
const (
	Refuse = "error"
	Zero   = "zero"
	Drop   = "drop"
)

// File is a file of vectors: .npy or .safetensors with a matrix and the ids beside it,
// or .csv with an id before the numbers of each line.
type File struct {
	Path    string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:".npy, .safetensors or .csv (an id and numbers; a first line without numbers is a header)"`
	IDs     string `json:"ids,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"file with one id per row and line; needed but for .csv, whose first column holds the ids without it"`
	Tensor  string `json:"tensor,omitempty" jsonschema:"minLength=1" jsonschema_description:"name of the matrix in a .safetensors that has several"`
	Missing string `json:"missing" jsonschema:"enum=error,enum=zero,default=error" jsonschema_description:"what an item without a row gets: an error for all, or the zero vector"`
	Unknown string `json:"unknown" jsonschema:"enum=error,enum=drop,default=error" jsonschema_description:"what is done with rows of ids that the data do not have"`
}

// table is a matrix as a file has it.
type table struct {
	rows, width int
	values      []float32
	ids         []string
}

// Check finds a form of file that is not known, and ids that are not there: ErrInvalid.
func (f File) Check() error {
	switch ext := strings.ToLower(filepath.Ext(f.Path)); ext {
	case ".csv":
	case ".npy", ".safetensors":
		if f.IDs == "" {
			return contract.Errorf(contract.ErrInvalid, "%s has no ids; say ids: FILE, with the id of each row in a line of its own", f.Path)
		}
	default:
		return contract.Errorf(contract.ErrInvalid, "%s ends with %q; expected .npy, .safetensors or .csv", f.Path, ext)
	}
	if f.Tensor != "" && strings.ToLower(filepath.Ext(f.Path)) != ".safetensors" {
		return contract.Errorf(contract.ErrInvalid, "tensor has no effect on %s; it is for .safetensors", f.Path)
	}
	return nil
}

// Matrix reads the file into the order of the data's ids: [ids x width]. ErrBadData
// names the file and what is wrong in it: damage, lines of another width, a value that is
// not finite, an id twice; an id of nobody or nobody's row (how many, and the first),
// unless they are to be dropped or zero.
func (f File) Matrix(of *data.Vocabulary, entity contract.Entity) (*Matrix, error) {
	t, err := f.read()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(t.values, func(v float32) bool { return v-v != 0 }); i >= 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: row %d, column %d is %v", f.Path, i/t.width+1, i%t.width+1, t.values[i])
	}
	return f.place(t, of, entity)
}

func (f File) read() (t *table, err error) {
	raw, err := os.ReadFile(f.Path) // experiment has found and digested it
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%v", err)
	}
	switch strings.ToLower(filepath.Ext(f.Path)) {
	case ".csv":
		t, err = decodeCSV(f.Path, raw, f.IDs == "")
	case ".npy":
		t, err = decodeNPY(f.Path, raw)
	default:
		t, err = decodeSafetensors(f.Path, f.Tensor, raw)
	}
	if err == nil && f.IDs != "" {
		t.ids, err = readIDs(f.IDs)
	}
	if err != nil {
		return nil, err
	}
	if len(t.ids) != t.rows {
		return nil, contract.Errorf(contract.ErrBadData, "%s has %d rows, and %s has %d ids", f.Path, t.rows, f.IDs, len(t.ids))
	}
	return t, nil
}

// place lays the rows out in the order of a vocabulary.
func (f File) place(t *table, of *data.Vocabulary, entity contract.Entity) (*Matrix, error) {
	m := &Matrix{Rows: of.Len(), Width: t.width, Dense: make([]float32, of.Len()*t.width)}
	seen, unknown := map[string]bool{}, []string{}
	for row, id := range t.ids {
		if seen[id] {
			return nil, contract.Errorf(contract.ErrBadData, "%s has two rows for %s %q", f.Path, entity, id)
		}
		seen[id] = true
		if i, ok := of.Index(id); ok {
			copy(m.Dense[int(i)*t.width:], t.values[row*t.width:(row+1)*t.width])
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 && f.Unknown != Drop {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %d of %d rows are of %ss that the data do not have, the first of %q; say unknown: drop where that is meant", f.Path, len(unknown), t.rows, entity, unknown[0])
	}
	var missing []string
	for _, id := range of.IDs() {
		if !seen[id] {
			missing = append(missing, id)
		}
	}
	if len(missing) == of.Len() {
		return nil, contract.Errorf(contract.ErrBadData, "%s has no row of any of the %d %ss of the data, whose first id is %q", f.Path, of.Len(), entity, missing[0])
	}
	if len(missing) > 0 && f.Missing != Zero {
		return nil, contract.Errorf(contract.ErrBadData, "%s has no row for %d of the %d %ss of the data, the first %q; say missing: zero to give them the zero vector", f.Path, len(missing), of.Len(), entity, missing[0])
	}
	return m, nil
}

// readIDs reads one id from each line.
func readIDs(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%v", err)
	}
	defer func() { _ = f.Close() }()
	var ids []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		ids = append(ids, strings.TrimSuffix(lines.Text(), "\r"))
	}
	if err := lines.Err(); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s, line %d: %v", path, len(ids)+1, err)
	}
	return ids, nil
}

// badFile is an ErrBadData about a file.
func badFile(path, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s: %s", path, fmt.Sprintf(format, args...))
}
