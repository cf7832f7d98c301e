package main

import (
	"context"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams what the world knows: topics (set, the main one and perhaps
// a second) and style (category) of every item, and of every user the liked topics
// and the style, and the group where there are groups. They tell the truth whatever text_signal is.
func (d *dataset) Attributes(_ context.Context, yield func(*contract.AttributeChunk) error) error {
	w, err := d.world("Attributes")
	if err != nil {
		return err
	}
	items := w.described(contract.EntityItem, yield)
	for j, x := range w.items {
		if err := items.add(j, x.topics, x.style); err != nil {
			return err
		}
	}
	if err := items.flush(); err != nil {
		return err
	}
	users := w.described(contract.EntityUser, yield)
	for u := range w.p.Users {
		x := w.userOf(u)
		if err := users.add(u, x.topics, x.style); err != nil {
			return err
		}
	}
	if err := users.flush(); err != nil || w.p.Groups == 0 {
		return err
	}
	return w.addGroups(&rows.Attribute{Name: "group", Entity: contract.EntityUser, Type: contract.AttributeCategory, Yield: yield})
}

// addGroups names every user's group, from 1, the largest.
func (w *world) addGroups(out *rows.Attribute) error {
	for u := range w.p.Users {
		if err := out.Word(strconv.Itoa(u), strconv.Itoa(w.userOf(u).group+1)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// description writes topics and style of users or items.
type description struct {
	lex           *lexicon
	topics, style *rows.Attribute
}

func (w *world) described(e contract.Entity, yield func(*contract.AttributeChunk) error) *description {
	return &description{
		lex:    w.lex,
		topics: &rows.Attribute{Name: "topics", Entity: e, Type: contract.AttributeSet, Yield: yield},
		style:  &rows.Attribute{Name: "style", Entity: e, Type: contract.AttributeCategory, Yield: yield},
	}
}

func (d *description) add(number int, topics []int, style int) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = d.lex.Topics[t].Name
	}
	id := strconv.Itoa(number)
	if err := d.topics.Set(id, names); err != nil {
		return err
	}
	return d.style.Word(id, d.lex.Styles[style].Name)
}

func (d *description) flush() error {
	if err := d.topics.Flush(); err != nil {
		return err
	}
	return d.style.Flush()
}
