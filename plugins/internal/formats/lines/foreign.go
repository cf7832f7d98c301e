package lines

import (
	"bufio"
	"bytes"
)

// foreign says what a file is, and what helps, that begins like something else than
// text of UTF-8; "" for what may be such text.
func foreign(in *bufio.Reader) string {
	start, _ := in.Peek(512) // fewer where the file is shorter
	for _, f := range foreignFiles {
		if len(start) >= f.at && bytes.HasPrefix(start[f.at:], []byte(f.magic)) {
			return f.what
		}
	}
	return ""
}

const unpack = ", expected text, plain, gzip or zstd: unpack it first"

// foreignFiles are the first bytes of what is mistaken for a text file.
var foreignFiles = []struct {
	at    int
	magic string
	what  string
}{
	{0, "\xff\xfe", "UTF-16, expected UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"},
	{0, "\xfe\xff", "UTF-16, expected UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"},
	{0, "PK\x03\x04", "a zip archive" + unpack},
	{4, "1AY&SY", "compressed with bzip2" + unpack},
	{0, "\xfd7zXZ\x00", "compressed with xz" + unpack},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive" + unpack},
	{0, "Rar!\x1a\x07", "a RAR archive" + unpack},
	{257, "ustar", "a tar archive" + unpack},
	{0, "PAR1\x15", "Parquet, expected text: plugin table reads it"},
	{0, "ARROW1\x00", "Arrow (Feather), expected text: write it as Parquet or CSV first"},
	{0, "\x89HDF\r\n\x1a\n", "HDF5, expected text"},
	{0, "SQLite format 3\x00", "a database of SQLite, expected text"},
	{0, "\x93NUMPY", "an array of NumPy, expected text"},
	{0, "\x80\x02", "a pickle of Python, expected text"},
	{0, "\x80\x03", "a pickle of Python, expected text"},
	{0, "\x80\x04", "a pickle of Python, expected text"},
	{0, "\x80\x05", "a pickle of Python, expected text"},
	{0, "%PDF-", "a PDF document, expected text"},
	{0, "<!DOCTYPE", "a page of the web, expected data: it may be the error page of a download"},
	{0, "<!doctype", "a page of the web, expected data: it may be the error page of a download"},
	{0, "<html", "a page of the web, expected data: it may be the error page of a download"},
}
