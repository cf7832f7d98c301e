package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesOfIDsEnterTheKeysByTheirContent(t *testing.T) {
	text := strings.Replace(example, "keep: {min_value: 4, k_core: 5}", "filter: {users_file: lists/users.txt, from: 2014-01-01}", 1)
	load := func(list, place string) (*Plan, error) {
		file, dataDir := project(t, strings.Replace(text, "lists/users.txt", place, 1))
		write(t, filepath.Join(filepath.Dir(file), place), list)
		return Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
	}
	key := func(list, place string) string {
		p, err := load(list, place)
		if err != nil {
			t.Fatal(err)
		}
		filter := p.Datasets[0].Selection.Filter
		if !filepath.IsAbs(filter.UsersFile) || filter.From != "1388534400" {
			t.Errorf("the plan's filter is %+v", filter)
		}
		if _, err := os.Stat(filter.UsersFile); err != nil {
			t.Error(err)
		}
		return p.Trials[0].TrainKey
	}
	if first := key("u1\n", "users.txt"); first != key("u1\n", "elsewhere/list") || first == key("u2\n", "users.txt") {
		t.Error("the place of a list is in the keys, or its content is not")
	}
	file, dataDir := project(t, text)
	write(t, filepath.Join(filepath.Dir(file), "lists", "user.txt"), "u1\n")
	_, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
	if err == nil || !hasLine(err.Error(), ":8:14: datasets[0].filter.users_file:", `did you mean "user.txt"`) {
		t.Errorf("a missing list: %v", err)
	}
}

func TestATimeOfAWrongTypeIsToldWithItsTypes(t *testing.T) {
	_, err := load(t, strings.Replace(example, "keep: {min_value: 4", "filter: {from: [2014], min_value: 4", 1))
	if err == nil || !hasLine(err.Error(), "datasets[0].filter.from:", "expected string or integer, got array") {
		t.Errorf("got %v", err)
	}
}
