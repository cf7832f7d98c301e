package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// source is one file of reviews or ratings and its part.
type source struct {
	path  string
	part  contract.Part
	order string // Params.Order
}

func (p Params) sources() []source {
	if p.Path != "" {
		return []source{{p.Path, contract.PartAll, p.Order}}
	}
	sources := []source{{p.Train, contract.PartTrain, p.Order}}
	if p.Validation != "" {
		sources = append(sources, source{p.Validation, contract.PartValidation, p.Order})
	}
	return append(sources, source{p.Test, contract.PartTest, p.Order})
}

// firstRow is the first line of a table of ratings; "" for lines of objects: a table has
// commas and begins with neither an object nor a list.
func (s source) firstRow(ctx context.Context) string {
	first := sniffed.Lines(ctx, s.path, 1)
	if len(first) == 1 && isTable(first[0]) {
		return first[0]
	}
	return ""
}

func isTable(line string) bool {
	return strings.Contains(line, ",") && !strings.HasPrefix(line, "{") && !strings.HasPrefix(line, "[")
}

// each hands over every review or rating of the file.
func (s source) each(ctx context.Context, do func(*rating) error) error {
	if first := s.firstRow(ctx); first != "" {
		return s.eachRow(ctx, first, do)
	}
	if s.order != "" {
		return contract.Errorf(contract.ErrInvalid, "order belongs to ratings without a header; %s has lines of objects, whose fields have names", s.path)
	}
	reader := newReviewReader(s.path)
	return lines.Each(ctx, s.path, func(l lines.Line) error {
		r, err := reader.rating(l)
		if err != nil {
			return err
		}
		return do(r)
	})
}
