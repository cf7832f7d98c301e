package formatstest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// Interactions are the rows that a dataset streams, as part|user|item|value|time
// without what they lack.
func Interactions(d contract.Dataset) (rows []string, err error) {
	err = d.Interactions(context.Background(), func(c *contract.InteractionChunk) error {
		for i := range c.Users {
			row := []string{c.Users[i], c.Items[i]}
			if c.Part != contract.PartAll {
				row = append([]string{string(c.Part)}, row...)
			}
			if c.Values != nil {
				row = append(row, fmt.Sprint(c.Values[i]))
			}
			if c.Times != nil {
				row = append(row, fmt.Sprint(c.Times[i]))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
		return nil
	})
	return rows, err
}

// Texts are the texts that a dataset streams, as kind|user|item|text without the user
// or item that they lack.
func Texts(d contract.Dataset) (rows []string, err error) {
	err = d.Texts(context.Background(), func(c *contract.TextChunk) error {
		for i := range c.Texts {
			row := []string{string(c.Kinds[i])}
			for _, id := range []string{c.Users[i], c.Items[i]} {
				if id != "" {
					row = append(row, id)
				}
			}
			rows = append(rows, strings.Join(append(row, c.Texts[i]), "|"))
		}
		return nil
	})
	return rows, err
}

// Attributes are the values that a dataset streams, as "entity id name value".
func Attributes(d contract.AttributeSource) ([]string, error) {
	return attributes(d, func(c *contract.AttributeChunk) string { return c.Name })
}

func attributes(d contract.AttributeSource, name func(*contract.AttributeChunk) string) (rows []string, err error) {
	err = d.Attributes(context.Background(), func(c *contract.AttributeChunk) error {
		for i, id := range c.IDs {
			value := any(nil)
			switch c.Type {
			case contract.AttributeNumber:
				value = c.Numbers[i]
			case contract.AttributeSet:
				value = c.Sets[i]
			default:
				value = c.Words[i]
			}
			rows = append(rows, fmt.Sprint(c.Entity, " ", id, " ", name(c), " ", value))
		}
		return nil
	})
	return rows, err
}

// Folder is a new folder with these files.
func Folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Copy is a new folder like another one, but for these files; one without content is
// left out.
func Copy(t testing.TB, of string, but map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(of)); err != nil {
		t.Fatal(err)
	}
	for name, content := range but {
		path := filepath.Join(dir, name)
		err := os.Remove(path)
		if content != "" {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
