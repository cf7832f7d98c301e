package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"cllm4rec/core/schema"
)

// checkKeys computes both keys anew from the content that the record holds.
func (r *Record) checkKeys() error {
	var content struct {
		Train    json.RawMessage `json:"train"`
		Evaluate json.RawMessage `json:"evaluate"`
	}
	if err := schema.Unmarshal(r.Trial, &content); err != nil {
		return fmt.Errorf("trial: %w", err)
	}
	train, err := keyOf(content.Train)
	if err != nil {
		return fmt.Errorf("trial, train: %w", err)
	}
	if train != r.TrainKey {
		return fmt.Errorf("train_key: it is %q, the content under trial.train gives %q", r.TrainKey, train)
	}
	key, err := keyOf(content.Evaluate)
	if err != nil {
		return fmt.Errorf("trial, evaluate: %w", err)
	}
	if key != r.Key {
		return fmt.Errorf("key: it is %q, the content under trial.evaluate gives %q", r.Key, key)
	}
	var evaluate struct {
		Train string `json:"train"`
	}
	if err := json.Unmarshal(content.Evaluate, &evaluate); err != nil || evaluate.Train != train {
		return fmt.Errorf("trial, evaluate, train: it is %q, expected the train key %q", evaluate.Train, train)
	}
	return nil
}

// keyOf is the sha256 of a JSON value with sorted keys and without spaces.
func keyOf(raw json.RawMessage) (string, error) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber() // numbers as they are written
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return "", err
	}
	canonical, err := json.Marshal(tree)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
