package bundle_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/bundle"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report/reporttest"

	"github.com/parquet-go/parquet-go"
)

// packed is the bundle of a small folder of records, and its plan.
func packed(t *testing.T) (file string, plan *experiment.Plan) {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "records")
	plan, err := (reporttest.Folder{Datasets: 2, Methods: 3, Seeds: 2, Users: 40, Items: 30, Depth: 10, Tried: 2}).Write(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	store, err := record.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	plan.Table.Strata = &experiment.Strata{ItemCount: []int{4}, UserActivity: []int{6}}
	id, err := plan.ID()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SavePlan(t.Context(), id, plan, func(record.PlanFile) bool { return false }); err != nil {
		t.Fatal(err)
	}
	stored, err := store.FindPlan(id)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "bundle.zip")
	p, err := bundle.Pack(file, plan, stored, store, "test")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil || int64(len(raw)) != p.Size || sumOf(raw) != p.SHA256 {
		t.Fatalf("%d bytes with %s, said %d with %s, error %v", len(raw), sumOf(raw), p.Size, p.SHA256, err)
	}
	return file, plan
}

func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func verify(t *testing.T, file string) *bundle.Verified {
	t.Helper()
	opened, err := bundle.Open(file, filepath.Join(t.TempDir(), "open"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := opened.Verify()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// files are those of an archive.
func files(t *testing.T, file string) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	all := map[string][]byte{}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if all[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// forged is an archive of these files. consistent: the manifest has their checksums.
func forged(t *testing.T, all map[string][]byte, consistent bool) string {
	t.Helper()
	if consistent {
		var m map[string]any
		if err := json.Unmarshal(all["bundle.json"], &m); err != nil {
			t.Fatal(err)
		}
		var list []any
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if name != "bundle.json" {
				list = append(list, map[string]any{"name": name, "size": len(all[name]), "sha256": sumOf(all[name])})
			}
		}
		m["files"] = list
		all["bundle.json"] = marshalled(t, m)
	}
	file := filepath.Join(t.TempDir(), "forged.zip")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := archive.Create(name)
		if err == nil {
			_, err = w.Write(all[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// edited changes a JSON file.
func edited(t *testing.T, raw []byte, edit func(map[string]any)) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	return marshalled(t, m)
}

// tells checks that some fault has all of the words.
func tells(t *testing.T, v *bundle.Verified, words ...string) {
	t.Helper()
	if !slices.ContainsFunc(v.Faults, func(f string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(f, w) })
	}) {
		t.Errorf("no fault has %q:\n%s", words, strings.Join(v.Faults, "\n"))
	}
}

func TestAnUntouchedBundleComesOutTheSame(t *testing.T) {
	file, plan := packed(t)
	v := verify(t, file)
	if len(v.Faults) > 0 {
		t.Errorf("faults:\n%s", strings.Join(v.Faults, "\n"))
	}
	if v.Trials != 12 || v.Lists != 12*40 || v.Values != 2*12*40 {
		t.Errorf("got %+v", v)
	}
	// Of each of six rows: two means with both ends of their intervals, one overall mean, three costs;
	// of each in two groups of items two means with their intervals, in two of users one overall
	// mean too; and one published number.
	if v.Numbers != 6*(2*3+1+3)+6*2*(2*3)+6*2*(2*3+1)+1 {
		t.Errorf("%d numbers", v.Numbers)
	}
	store, err := record.View(filepath.Join(filepath.Dir(file), "records"))
	if err != nil {
		t.Fatal(err)
	}
	id, _ := plan.ID()
	stored, err := store.FindPlan(id)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "again.zip")
	if _, err := bundle.Pack(again, plan, stored, store, "test"); err != nil {
		t.Fatal(err)
	}
	one, _ := os.ReadFile(file)
	two, _ := os.ReadFile(again)
	if !bytes.Equal(one, two) {
		t.Error("the same records give other bytes")
	}
}

func TestAChangedNumberIsFound(t *testing.T) {
	file, plan := packed(t)
	key := plan.Trials[1].Key // Method 2, Data 1, seed 1
	name := "trials/" + key + "/record.json"
	raise := func(m map[string]any) {
		m["results"].([]any)[0].(map[string]any)["means"].(map[string]any)["ndcg@10"] = 0.987
	}
	for _, consistent := range []bool{false, true} {
		all := files(t, file)
		all[name] = edited(t, all[name], raise)
		v := verify(t, forged(t, all, consistent))
		tells(t, v, "Method 2, Data 1, seed 1, test part, ndcg@10: 0.987 in record.json", "from the rankings")
		if told := slices.ContainsFunc(v.Faults, func(f string) bool { return strings.Contains(f, "record.json is changed") }); told == consistent {
			t.Errorf("the checksum: %v", v.Faults)
		}
	}
	all := files(t, file)
	all["bundle.json"] = edited(t, all["bundle.json"], func(m map[string]any) {
		row := m["table"].(map[string]any)["tables"].([]any)[1].(map[string]any)["rows"].([]any)[2].(map[string]any)
		row["cells"].([]any)[0].(map[string]any)["mean"] = 0.9
		row["cells"].([]any)[1].(map[string]any)["best"] = true
		row["cost"].(map[string]any)["train_seconds"] = 1.5
		group := m["table"].(map[string]any)["tables"].([]any)[0].(map[string]any)["strata"].([]any)[0].(map[string]any)["buckets"].([]any)[1].(map[string]any)
		group["rows"].([]any)[1].(map[string]any)["cells"].([]any)[1].(map[string]any)["ci_low"] = 0.75
	})
	v := verify(t, forged(t, all, false))
	tells(t, v, "the table of Data 2, Method 3, recall@10: 0.9 in the bundle")
	tells(t, v, "the table of Data 2, Method 3, ndcg@10: its marks are others")
	tells(t, v, "the table of Data 2, Method 3, train s: 1.5 in the bundle")
	tells(t, v, "the table of Data 1 by item_count, above 4, Method 2, ndcg@10, low end of the interval: 0.75 in the bundle")
	if len(v.Faults) != 4 {
		t.Errorf("faults:\n%s", strings.Join(v.Faults, "\n"))
	}
}

type rankingRow struct {
	User   int32     `parquet:"user"`
	Items  []int32   `parquet:"items,list"`
	Scores []float32 `parquet:"scores,list"`
}

func TestAChangedRankingIsFoundAlsoBehindNewChecksums(t *testing.T) {
	file, plan := packed(t)
	key := plan.Trials[0].Key
	for _, consistent := range []bool{false, true} {
		all := files(t, file)
		name := "trials/" + key + "/ranking-test.parquet"
		rows, err := parquet.Read[rankingRow](bytes.NewReader(all[name]), int64(len(all[name])))
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			slices.Reverse(rows[i].Items)
		}
		var b bytes.Buffer
		if err := parquet.Write(&b, rows); err != nil {
			t.Fatal(err)
		}
		all[name] = b.Bytes()
		if consistent {
			of := "trials/" + key + "/record.json"
			all[of] = edited(t, all[of], func(m map[string]any) {
				m["results"].([]any)[0].(map[string]any)["ranking"].(map[string]any)["sha256"] = sumOf(b.Bytes())
			})
		}
		v := verify(t, forged(t, all, consistent))
		tells(t, v, "Method 1, Data 1, seed 1, test part, ndcg@10: the values of", "are not those of their rankings; the first is user-")
		tells(t, v, "Method 1, Data 1, seed 1, test part, ndcg@10:", "in record.json", "from the rankings")
		tells(t, v, "the table of Data 1, Method 1, ndcg@10:", "in the bundle", "from the rankings")
		if !consistent {
			tells(t, v, "ranking-test.parquet is changed")
			tells(t, v, "ranking-test.parquet is not the file that its record lists")
		}
	}
}

func TestChangedValuesOfUsersAreFound(t *testing.T) {
	file, plan := packed(t)
	all := files(t, file)
	name := "trials/" + plan.Trials[0].Key + "/users-test.csv.gz"
	in, err := gzip.NewReader(bytes.NewReader(all[name]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\n")
	lines[1], lines[2] = lines[1][:strings.Index(lines[1], ",")]+lines[2][strings.Index(lines[2], ","):], lines[2][:strings.Index(lines[2], ",")]+lines[1][strings.Index(lines[1], ","):]
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, err = io.WriteString(zip, strings.Join(lines, "\n"))
	if err := errors.Join(err, zip.Close()); err != nil {
		t.Fatal(err)
	}
	all[name] = b.Bytes()
	if string(raw) == strings.Join(lines, "\n") {
		t.Fatal("the two users have the same values")
	}
	v := verify(t, forged(t, all, true))
	tells(t, v, "users-test.csv.gz is not the file that its record lists") // the means stay
	tells(t, v, "the values of 2 users are not those of their rankings")
}

func TestAMissingRecordIsFound(t *testing.T) {
	file, plan := packed(t)
	for _, consistent := range []bool{false, true} {
		all := files(t, file)
		delete(all, "trials/"+plan.Trials[2].Key+"/record.json")
		v := verify(t, forged(t, all, consistent))
		tells(t, v, "Method 3, Data 1, seed 1: its record is missing")
		tells(t, v, "the table of Data 1, Method 3: 2 finished, 0 failed and 0 missing trials, 1, 0 and 1 from the records")
	}
	all := files(t, file)
	delete(all, "trials/"+plan.Trials[2].Key+"/ranking-test.parquet")
	v := verify(t, forged(t, all, false))
	tells(t, v, "ranking-test.parquet is missing")
	tells(t, v, "Method 3, Data 1, seed 1, test part: its numbers cannot be recomputed")
}

func TestWhatIsNoBundleIsRefused(t *testing.T) {
	file, _ := packed(t)
	all := files(t, file)
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no zip"), 0o644); err != nil {
		t.Fatal(err)
	}
	without := maps.Clone(all)
	delete(without, "bundle.json")
	older := maps.Clone(all)
	older["bundle.json"] = edited(t, all["bundle.json"], func(m map[string]any) { m["schema"] = 7 })
	planless := maps.Clone(all)
	maps.DeleteFunc(planless, func(name string, _ []byte) bool { return strings.HasPrefix(name, "plans/") })
	outside := maps.Clone(all)
	outside["../outside"] = []byte("x")
	twice := maps.Clone(all)
	twice["bundle.json"] = edited(t, all["bundle.json"], func(m map[string]any) { m["files"] = append(m["files"].([]any), m["files"].([]any)[0]) })
	for name, c := range map[string]struct{ file, want string }{
		"twice":    {forged(t, twice, false), "twice"},
		"missing":  {filepath.Join(t.TempDir(), "none"), "does not exist"},
		"text":     {text, "is no bundle: zip:"},
		"manifest": {forged(t, without, false), "it has no bundle.json"},
		"schema":   {forged(t, older, false), "has schema 7"},
		"plan":     {forged(t, planless, false), "the plan of"},
		"outside":  {forged(t, outside, true), "outside of its folder"},
	} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		if _, err := bundle.Open(c.file, dir); err == nil || !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "outside")); err == nil {
			t.Error("a file was written outside of the folder")
		}
	}
	added := maps.Clone(all)
	added["extra"] = []byte("x")
	tells(t, verify(t, forged(t, added, false)), "extra is in the archive and not in its manifest")
}

func TestNothingFinishedIsNotBundled(t *testing.T) {
	dir := t.TempDir()
	store, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	plan := &experiment.Plan{Name: "empty"}
	_, err = bundle.Pack(filepath.Join(dir, "b.zip"), plan, record.PlanFile{}, store, "test")
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "nothing to bundle") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "b.zip")); err == nil {
		t.Error("something was written")
	}
}
