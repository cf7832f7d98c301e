package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// weights are a folder with a config.json and a file.
func weights(t *testing.T, config, name string, content []byte) json.RawMessage {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"config.json": []byte(config), name: content} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return json.RawMessage(fmt.Sprintf(`{"weights": %q, "dtype": "float32"}`, dir))
}

func TestTheNumbersOfAModelAreCountedInAnyPrecision(t *testing.T) {
	header := `{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[3,4],"data_offsets":[0,24]},"b":{"dtype":"F16","shape":[5],"data_offsets":[24,34]}}`
	file := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header+string(make([]byte, 34))...)
	const config = `{"n_embd": 4, "n_layer": 2}` // says nothing of the precision
	if got := shapeOf(weights(t, config, "model.safetensors", file)); got != (modelShape{Hidden: 4, Layers: 2, parameters: 17, bytes: 68}) {
		t.Errorf("safetensors: %+v", got)
	}
	pickled := weights(t, `{"n_embd": 4, "n_layer": 2, "torch_dtype": "float16"}`, "pytorch_model.bin", make([]byte, 34))
	if got := shapeOf(pickled); got.parameters != 17 || got.bytes != 68 {
		t.Errorf("pickled: %+v", got)
	}
	if got := shapeOf(weights(t, config, "model.safetensors", []byte("version https://git-lfs.github.com/spec/v1"))); got.parameters > 11 {
		t.Errorf("a file of another form: %+v", got)
	}
}
