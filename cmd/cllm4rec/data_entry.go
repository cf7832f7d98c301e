package main

import (
	"errors"
	"strings"

	"gopkg.in/yaml.v3"
)

// datasetEntry is a data set as an experiment file has it.
type datasetEntry struct {
	Name   string         `yaml:"name"`
	Plugin string         `yaml:"plugin"`
	Params any            `yaml:"params,flow"`
	Split  map[string]any `yaml:"split,flow"`
}

// lines are the entry below `datasets:`, indented as experiment files are.
func (e datasetEntry) lines() (string, error) {
	var text strings.Builder
	out := yaml.NewEncoder(&text)
	out.SetIndent(2)
	err := out.Encode(map[string]any{"datasets": []datasetEntry{e}})
	return text.String(), errors.Join(err, out.Close())
}
