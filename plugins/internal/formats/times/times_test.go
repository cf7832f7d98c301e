package times

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// read gives the times of a column in one line, and its first error.
func read(t testing.TB, format string, fields ...string) string {
	t.Helper()
	c, err := New("file.csv", "time", format)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range fields {
		seconds, err := c.Seconds([]byte(f))
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, fmt.Sprint(seconds))
	}
	return strings.Join(out, " ")
}

// The expected seconds were computed by GNU date (`date -u -d ... +%s`).
func TestTimesOfEveryFormAreUnixSeconds(t *testing.T) {
	for _, c := range []struct {
		format string
		fields []string
		want   string
	}{
		{Auto, []string{"881250949", "-1", "0", "881250949.9", "8.8e8", " 7 "}, "881250949 -1 0 881250949 880000000 7"},
		{Auto, []string{"0", "1577836800123", "1577836800999", "-1577836800001", "1577836800123.5"}, "0 1577836800 1577836800 -1577836801 1577836800"},
		{Auto, []string{"1577836800123456"}, "1577836800"},
		{Auto, []string{"1577836800123456789"}, "1577836800"},
		{Auto, []string{"2019-12-31"}, "1577750400"},
		{Auto, []string{"2009-05-04T23:08:57Z", "2009-05-04 23:08:57", "2009-05-04T23:08:57.999+02:00", "2009-05-04 23:08"}, "1241478537 1241478537 1241471337 1241478480"},
		{ISO8601, []string{"2009-05-04 23:08:57 +0200"}, "1241471337"},
		{Seconds, []string{"5", "2e3"}, "5 2000"},
		{Milliseconds, []string{"1999", "-1"}, "1 -1"},
		{Microseconds, []string{"1999999"}, "1"},
		{Nanoseconds, []string{"1577836800123456789"}, "1577836800"},
		{"02.01.2006 15:04", []string{"31.12.2019 23:59"}, "1577836740"},
		{"%d/%m/%Y %H:%M:%S.%f", []string{"31/12/2019 23:59:59.25"}, "1577836799"},
		{"%a %b %d %H:%M:%S %z %Y", []string{"Mon Jan 05 00:00:00 -0800 2015"}, "1420444800"},
		{"on %A, %e %B %y at %I:%M %p", []string{"on Tuesday,  3 March 20 at 1:05 PM"}, "1583240700"},
		{"%F %T", []string{"2019-1-2 3:4:5"}, "1546398245"},
	} {
		if got := read(t, c.format, c.fields...); got != c.want {
			t.Errorf("%s: %q are %s, want %s", c.format, c.fields, got, c.want)
		}
	}
}

func TestWhatIsNoTimeOfTheColumnIsRefused(t *testing.T) {
	for _, c := range []struct {
		format string
		fields []string
		want   string
	}{
		{Auto, []string{""}, "is empty, expected a time"},
		{Auto, []string{"5", "abc"}, `is "abc", expected a number of seconds since 1970`},
		{Auto, []string{"abc"}, `is "abc", expected a time such as "2024-12-31T23:59:59Z"`},
		{Auto, []string{"2019-01-01", "5"}, `is "5", expected a time such as`},
		{Auto, []string{"5", "1577836800123"}, "is 1577836800123, which are milliseconds since 1970, where those before it are seconds"},
		{Auto, []string{"1577836800123", "1577836800"}, "which are seconds since 1970, where those before it are milliseconds"},
		{Auto, []string{"2019-02-31"}, "(day out of range)"},
		{Auto, []string{"NaN"}, "is NaN"},
		{Auto, []string{"5", "inf"}, "is +Inf"},
		{Seconds, []string{"1577836800123"}, "beyond the year 9999"},
		{"%d/%m/%Y", []string{"31/02/2019"}, "(day out of range)"},
		{"%d/%m/%Y", []string{"12/31/2019"}, "(month out of range)"},
	} {
		if got := read(t, c.format, c.fields...); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q give %s, want %s", c.format, c.fields, got, c.want)
		}
	}
	c, err := New("file", "time", "%Y")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Number(5); err == nil || !strings.Contains(err.Error(), `is the number 5, expected a text such as "%Y"`) {
		t.Errorf("a number in a column of texts: %v", err)
	}
}

func TestFormatsThatCannotBeAreRefused(t *testing.T) {
	for format, want := range map[string]string{
		"minutes":   "no part of a time",
		"":          "no part of a time",
		"%Q":        "the directive %Q is not known; known are %% %A",
		"%Y %Z":     "the directive %Z is not known",
		"%Y-%":      "ends with a percent sign",
		"2 %Y":      `the text "2 " in it would be read as a part of a time`,
		"15:04 MST": "abbreviations of time zones",
	} {
		if _, err := New("f", "c", format); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", format, err, want)
		}
	}
}

// What is read is what Go's own library says about the same time.
func FuzzSeconds(f *testing.F) {
	for _, seed := range []string{"881250949", "1577836800123", "2019-12-31T23:59:59+01:00", "-5", "1e9", "0x1p4", " ", "9999-12-31", "99999999999999999999"} {
		f.Add(seed, Auto)
	}
	f.Add("31/12/2019", "%d/%m/%Y")
	f.Fuzz(func(t *testing.T, field, format string) {
		c, err := New("f", "c", format)
		if err != nil {
			if !errors.Is(err, contract.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		seconds, err := c.Seconds([]byte(field))
		if err == nil && math.Abs(float64(seconds)) > lastSecond {
			t.Fatalf("%q is %d", field, seconds)
		}
		if want, wrong := time.Parse(time.RFC3339, field); format == ISO8601 && wrong == nil && want.Year() > 0 && (err != nil || seconds != want.Unix()) {
			t.Fatalf("%q is %d (%v), want %d", field, seconds, err, want.Unix())
		}
	})
}
