package contract

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
)

// Check is what the conformance suite cannot know of a plugin and the plugin says itself.
// Every field may be left out.
type Check struct {
	// Params are parameters under which the plugin is done in a second or so, a JSON
	// object. A text in them that begins with "./" is a path below the folder in which
	// the check lays Files and Model.
	Params json.RawMessage
	// Files are a sample of what a dataset reads: contents by path, with slashes.
	Files map[string][]byte
	// Sniff is a file or folder that a dataset with CapabilitySniff recognises as its own,
	// a path as in Params.
	Sniff string
	// Whole says that under Params a dataset gives interactions without parts, although it
	// can read a split too.
	Whole bool
	// Epochs is how many epochs an EpochTrainer learns for; 0 means 10.
	Epochs int
	// NotBetterThanPopularity is why a recommender need not find tastes, such as that it is
	// popularity; "" means that it must.
	NotBetterThanPopularity string
	// Model is the folder, a path as in Params, to which a backbone with
	// CapabilityPretrain writes a random model of Shape (PretrainSpec.Shape) before it is
	// checked; "" where Params name a model that is there.
	Model string
	Shape json.RawMessage
	// Rate is a learning rate at which the loss of a small tower of a backbone falls within
	// a few passes; 0 means 0.05.
	Rate float64
	// Tolerance is how far a score may move, relative to its size, with the queries beside
	// it, and a loss of a backbone from run to run; 0 means 1e-5, of a backbone 1e-4.
	Tolerance float64
}

// Below is the check with its paths made those of a folder. ErrInvalid where Params are no
// JSON.
func (c Check) Below(folder string) (Check, error) {
	if len(c.Params) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(c.Params))
		decoder.UseNumber() // a seed may have more digits than a float keeps
		var params any
		if err := decoder.Decode(&params); err != nil {
			return c, Errorf(ErrInvalid, "the parameters of the check, %s, are no JSON: %v", c.Params, err)
		}
		raw, err := json.Marshal(below(folder, params))
		if err != nil {
			return c, err
		}
		c.Params = raw
	}
	c.Sniff, c.Model = pathBelow(folder, c.Sniff), pathBelow(folder, c.Model)
	return c, nil
}

// below makes every path in a decoded JSON value one of the folder.
func below(folder string, value any) any {
	switch v := value.(type) {
	case string:
		return pathBelow(folder, v)
	case []any:
		for i := range v {
			v[i] = below(folder, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = below(folder, v[key])
		}
	}
	return value
}

func pathBelow(folder, path string) string {
	if !strings.HasPrefix(path, "./") {
		return path
	}
	return filepath.Join(folder, filepath.FromSlash(path))
}
