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
	zip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(zip)
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
