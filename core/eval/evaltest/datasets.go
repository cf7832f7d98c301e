package evaltest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
)

// Beauty is the CLLM4Rec paper's split of Amazon Beauty (10,553 x 6,086).
func Beauty(t testing.TB) *data.Split {
	var rows []*contract.InteractionChunk
	for _, p := range []struct {
		part contract.Part
		file string
	}{{contract.PartTrain, "train"}, {contract.PartValidation, "val"}, {contract.PartTest, "test"}} {
		rows = append(rows, readCSR(t, Shared(t, "cllm4rec-beauty", p.file+"_matrix.npz"), p.part))
	}
	return load(t, rows, data.Options{Name: "beauty", Split: data.SplitSpec{Method: data.MethodGiven}})
}

// LeaveOneOut is one of S3-Rec's files ("Beauty.txt", "LastFM.txt"): a user and
// the items in order of time per line; the last is test, the one before it
// validation.
func LeaveOneOut(t testing.TB, file string) *data.Split {
	return load(t, []*contract.InteractionChunk{readLists(t, Shared(t, "s3rec", file), "")}, data.Options{Name: file, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
}

// LightGCN is one of LightGCN's splits ("gowalla"), whose training part is train.txt and
// valid.txt here: its authors had no validation part.
func LightGCN(t testing.TB, folder string) *data.Split {
	var rows []*contract.InteractionChunk
	for _, p := range []struct {
		file string
		part contract.Part
	}{{"train.txt", contract.PartTrain}, {"valid.txt", contract.PartTrain}, {"test.txt", contract.PartTest}} {
		rows = append(rows, readLists(t, Shared(t, folder, p.file), p.part))
	}
	return load(t, rows, data.Options{Name: folder, Split: data.SplitSpec{Method: data.MethodGiven}})
}

// readLists reads lines of a user and items.
func readLists(t testing.TB, path string, part contract.Part) *contract.InteractionChunk {
	text, err := os.ReadFile(path)
	check(t, err, path)
	chunk := &contract.InteractionChunk{Part: part}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		for _, item := range fields[min(1, len(fields)):] {
			chunk.Users, chunk.Items = append(chunk.Users, fields[0]), append(chunk.Items, item)
		}
	}
	return chunk
}

// readCSR reads a matrix that scipy.sparse.save_npz wrote, with 32-bit indices.
func readCSR(t testing.TB, path string, part contract.Part) *contract.InteractionChunk {
	z, err := zip.OpenReader(path)
	check(t, err, path)
	defer func() { _ = z.Close() }()
	ptr, index := readInts(t, &z.Reader, "indptr.npy"), readInts(t, &z.Reader, "indices.npy")
	chunk := &contract.InteractionChunk{Part: part}
	for u := range len(ptr) - 1 {
		for _, item := range index[ptr[u]:ptr[u+1]] {
			chunk.Users = append(chunk.Users, strconv.Itoa(u))
			chunk.Items = append(chunk.Items, strconv.Itoa(int(item)))
		}
	}
	return chunk
}

// readInts reads an array of 32-bit integers in NumPy's format, version 1.
func readInts(t testing.TB, z *zip.Reader, name string) []int32 {
	f, err := z.Open(name)
	check(t, err, name)
	raw, err := io.ReadAll(f)
	check(t, err, name)
	header := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	if !bytes.Contains(raw[:header], []byte("'<i4'")) {
		t.Fatalf("%s does not hold 32-bit integers", name)
	}
	values := make([]int32, (len(raw)-header)/4)
	check(t, binary.Read(bytes.NewReader(raw[header:]), binary.LittleEndian, values), name)
	return values
}

// ML100K is MovieLens 100K (RecBole's atomic file of it), filtered and split.
func ML100K(t testing.TB, o data.Options) *data.Split {
	path := filepath.Join(sharedtest.ML100K(t), "ml-100k.inter")
	text, err := os.ReadFile(path)
	check(t, err, path)
	chunk := &contract.InteractionChunk{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line) // user, item, rating, time
		if fields[0] == "user_id:token" {
			continue
		}
		value, err := strconv.ParseFloat(fields[2], 32)
		check(t, err, path)
		time, err := strconv.ParseInt(fields[3], 10, 64)
		check(t, err, path)
		chunk.Users, chunk.Items = append(chunk.Users, fields[0]), append(chunk.Items, fields[1])
		chunk.Values, chunk.Times = append(chunk.Values, float32(value)), append(chunk.Times, time)
	}
	return load(t, []*contract.InteractionChunk{chunk}, o)
}
