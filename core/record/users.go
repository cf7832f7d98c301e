package record

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	fastgzip "github.com/klauspost/compress/gzip"
)

// Users holds per-user results in columns of equal length.
type Users struct {
	Users   []string // raw ids, without repetition
	Metrics []string
	Values  [][]float64 // Values[m][u] is Metrics[m] of Users[u]; finite
}

// Column is the values of a metric; nil when it was not measured.
func (u *Users) Column(metric string) []float64 {
	if i := slices.Index(u.Metrics, metric); i >= 0 {
		return u.Values[i]
	}
	return nil
}

// encode writes the columns as gzipped CSV with the header user,METRIC,...;
// numbers are in the shortest form that reads back to the same float64.
func (u *Users) encode() ([]byte, error) {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	out := csv.NewWriter(zip)
	if err := out.Write(append([]string{"user"}, u.Metrics...)); err != nil {
		return nil, err
	}
	for i, user := range u.Users {
		if err := out.Write(u.row(i, user)); err != nil {
			return nil, err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return nil, err
	}
	err := zip.Close()
	return buf.Bytes(), err
}

func (u *Users) row(i int, user string) []string {
	row := make([]string, 1, 1+len(u.Metrics))
	row[0] = user
	for _, values := range u.Values {
		row = append(row, strconv.FormatFloat(values[i], 'g', -1, 64))
	}
	return row
}

// decodeUsers reads what encode wrote and refuses anything else.
func decodeUsers(raw []byte) (*Users, error) {
	zip, err := fastgzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	if u := plainUsers(string(text)); u != nil {
		return u, nil
	}
	return decodeQuoted(text)
}

// plainUsers reads lines in which nothing is quoted, as almost all are, several times as fast as
// decodeQuoted; nil where something is not as it should be, which that names.
func plainUsers(text string) *Users {
	header, text, found := strings.Cut(text, "\n")
	metrics, named := strings.CutPrefix(header, "user,")
	if !found || !named || strings.ContainsAny(header, "\"\r") || strings.ContainsAny(text, "\"\r") {
		return nil
	}
	u, lines := &Users{Metrics: strings.Split(metrics, ",")}, strings.Count(text, "\n")
	u.Values = make([][]float64, len(u.Metrics))
	for m := range u.Values {
		u.Values[m] = make([]float64, lines)
	}
	ids, ends := make([]byte, 0, 8*lines), make([]int, lines) // of all users in one piece, without the numbers
	for i := range lines {
		line, rest, _ := strings.Cut(text, "\n")
		id, numbers, _ := strings.Cut(line, ",")
		ids, ends[i] = append(ids, id...), len(ids)+len(id)
		for m := range u.Values {
			number, more, further := strings.Cut(numbers, ",")
			v, err := strconv.ParseFloat(number, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || further != (m < len(u.Values)-1) {
				return nil
			}
			u.Values[m][i], numbers = v, more
		}
		text = rest
	}
	if text != "" {
		return nil
	}
	u.Users = make([]string, lines)
	all, begin := string(ids), 0
	for i, end := range ends {
		u.Users[i], begin = all[begin:end], end
	}
	return u
}

// decodeQuoted reads any CSV, and says what is wrong with it.
func decodeQuoted(text []byte) (*Users, error) {
	in := csv.NewReader(bytes.NewReader(text))
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	if header[0] != "user" {
		return nil, fmt.Errorf("the header is %q, expected user and metrics", header)
	}
	u := &Users{Metrics: header[1:], Values: make([][]float64, len(header)-1)}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return u, nil
		}
		if err == nil {
			err = u.add(row)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (u *Users) add(row []string) error {
	u.Users = append(u.Users, row[0])
	for m, text := range row[1:] {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("record %d: %s of user %s is %q, expected a finite number", len(u.Users), u.Metrics[m], row[0], text)
		}
		u.Values[m] = append(u.Values[m], v)
	}
	return nil
}
