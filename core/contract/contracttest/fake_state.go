package contracttest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"

	"github.com/google/renameio/v2"
)

// stateEntry is a tensor in the header of a safetensors file.
type stateEntry struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

// stateHeader is the header of a FakeEpochs' file: the format is safetensors
// with exactly these two tensors. The package that reads any such file belongs to
// the plugins, which core does not import.
type stateHeader struct {
	Metadata map[string]string `json:"__metadata__"`
	Squares  stateEntry        `json:"squares"`
	Values   stateEntry        `json:"values"`
}

func (m *epochModel) header() stateHeader {
	n := len(m.z)
	at := func(i int) stateEntry {
		return stateEntry{"F64", []int{n}, [2]uint64{uint64(8 * n * i), uint64(8 * n * (i + 1))}}
	}
	return stateHeader{Squares: at(0), Values: at(1), Metadata: map[string]string{
		"plugin": "fakeepochs", "epoch": strconv.Itoa(m.epoch),
		"users": strconv.Itoa(m.users), "items": strconv.Itoa(m.items), "factors": strconv.Itoa(m.factors),
	}}
}

// Save writes the factors and the optimiser.
func (r *FakeEpochs) Save(_ context.Context, path string) error {
	if r.model == nil {
		return sdk.ErrOrder("Save", "Begin or Load")
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return contract.Errorf(contract.ErrNotFound, "the folder of %s does not exist", path)
	}
	head, err := json.Marshal(r.model.header())
	if err != nil {
		return err
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	data = append(data, head...)
	for _, values := range [][]float64{r.model.squares, r.model.z} {
		for _, v := range values {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
	}
	return renameio.WriteFile(path, data, 0o644, renameio.WithTempDir(filepath.Dir(path)))
}

// Load reads a file that Save wrote under the same parameters.
func (r *FakeEpochs) Load(_ context.Context, path string) error {
	if err := r.Configured("Load"); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return contract.Errorf(contract.ErrNotFound, "there is no state %s", path)
	}
	if err != nil {
		return err
	}
	m, err := parseState(data)
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is no state of fakeepochs: %v", path, err)
	}
	if m.factors != r.Params().Factors || r.train != nil && (m.users != r.train.spec.Users || m.items != r.train.spec.Items) {
		return contract.Errorf(contract.ErrBadData, "%s holds %d factors of %d users and %d items, which are not those of these parameters and data",
			path, m.factors, m.users, m.items)
	}
	r.model = m
	return nil
}

// parseState takes back nothing but what Save writes, to the byte: the header of
// the model that the metadata describe must be the file's own.
func parseState(data []byte) (*epochModel, error) {
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return nil, errors.New("its header is cut short")
	}
	head, values := data[8:8+binary.LittleEndian.Uint64(data)], data[8+binary.LittleEndian.Uint64(data):]
	var h stateHeader
	if err := json.Unmarshal(head, &h); err != nil {
		return nil, err
	}
	m := &epochModel{}
	for name, to := range map[string]*int{"epoch": &m.epoch, "users": &m.users, "items": &m.items, "factors": &m.factors} {
		n, err := strconv.Atoi(h.Metadata[name])
		if err != nil || n < 0 || n > 1<<30 {
			return nil, errors.New("its " + name + " is damaged")
		}
		*to = n
	}
	if n := (m.users+m.items)*m.factors + m.items; n > len(values)/16 || len(values) != 16*n {
		return nil, errors.New("its values are cut short")
	}
	floats := make([]float64, len(values)/8)
	for i := range floats {
		floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(values[8*i:]))
	}
	m.squares, m.z = floats[:len(floats)/2], floats[len(floats)/2:]
	if want, err := json.Marshal(m.header()); err != nil || !bytes.Equal(want, head) {
		return nil, errors.Join(errors.New("its header does not fit its values"), err)
	}
	return m, nil
}
