package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed lexicon.json
var lexiconFile []byte

// lexicon is the language of the texts: topics with their words, words that
// belong to no topic, and sentence templates with {slots}.
type lexicon struct {
	Topics    []topic
	Styles    []style
	Colors    []string
	General   map[string][]string // kin, day, span, good, fine, bad
	Templates map[string][]string
}

// topic is a hobby; its words tell it from the others.
type topic struct {
	Name, Hobby                                             string
	Nouns, Adjectives, Features, Activities, Places, Brands []string
}

// style is a second trait of items and taste of users, across all topics.
type style struct {
	Name        string
	Words, Wish []string
}

func readLexicon() (*lexicon, error) {
	d := json.NewDecoder(bytes.NewReader(lexiconFile))
	d.DisallowUnknownFields()
	var l lexicon
	if err := d.Decode(&l); err != nil {
		return nil, fmt.Errorf("the embedded lexicon: %w", err)
	}
	return &l, nil
}

// realise fills the slots of a template, sets "an" before a vowel and begins
// with a capital.
func realise(template string, slot func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(slot(name))
		template = after
	}
	return capital(articles(b.String()))
}

func articles(s string) string {
	words := strings.Split(s, " ")
	for i := range len(words) - 1 {
		if (words[i] == "a" || words[i] == "A") && strings.IndexByte("aeio", words[i+1][0]|0x20) >= 0 {
			words[i] += "n"
		}
	}
	return strings.Join(words, " ")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
