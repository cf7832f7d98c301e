package experiment

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const numbers = `# a paper
method,dataset,metric,value,source,mark
"Old, good",Beauty,ndcg@100,0.25,"Doe et al., 2001",unverified
"Old, good",Beauty,recall_min@20,0.5,"Doe et al., 2001",
New,Beauty,ndcg@100,0.3,Roe,
New,Beauty,ndcg@10,0.4,Roe,
New,Toys,ndcg@100,0.1,Roe,
`

// quoting loads the example with a table that quotes a file of numbers.
func quoting(t *testing.T, table, csv string) (*Plan, error) {
	t.Helper()
	file, dataDir := project(t, strings.Replace(example, "table: {against: EASE}", "table: "+table, 1))
	write(t, filepath.Join(filepath.Dir(file), "papers", "doe.csv"), csv)
	return Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
}

func TestNumbersOfAFileStandInThePlan(t *testing.T) {
	p, err := quoting(t, `{published: [{method: Own, metric: ndcg@100, value: 0.2, source: here}], published_from: [{file: papers/doe.csv, of: Beauty}]}`, numbers)
	if err != nil {
		t.Fatal(err)
	}
	want := []Published{
		{Dataset: "Instruments", Method: "Own", Metric: "ndcg@100", Value: 0.2, Source: "here"},
		{Dataset: "Instruments", Method: "Old, good", Metric: "ndcg@100", Value: 0.25, Source: "Doe et al., 2001", Mark: "unverified"},
		{Dataset: "Instruments", Method: "Old, good", Metric: "recall_min@20", Value: 0.5, Source: "Doe et al., 2001"},
		{Dataset: "Instruments", Method: "New", Metric: "ndcg@100", Value: 0.3, Source: "Roe"},
	}
	if !reflect.DeepEqual(p.Table.Published, want) || p.Table.PublishedFrom != nil {
		t.Errorf("got %+v", p.Table)
	}
	p, err = quoting(t, `{published_from: [{file: papers/doe.csv, of: Toys, dataset: Instruments}, {file: papers/doe.csv, of: Beauty, rows: [New]}]}`, numbers)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Table.Published; len(got) != 2 || got[0].Value != 0.1 || got[1].Value != 0.3 {
		t.Errorf("got %+v", got)
	}
}

func TestNumbersOfAFileChangeNoKey(t *testing.T) {
	plain := mustLoad(t, example)
	p, err := quoting(t, `{against: EASE, published_from: [{file: papers/doe.csv, of: Beauty}]}`, numbers)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(plain.Trials, p.Trials) {
		t.Error("a published number is in the keys of trials")
	}
}

func TestWhatIsWrongWithPublishedNumbersIsToldWithItsPlace(t *testing.T) {
	line := func(l string) string { return "dataset,method,metric,value,source,mark\n" + l + "\n" }
	whole := `{published_from: [{file: papers/doe.csv}]}`
	for _, c := range []struct{ table, csv, place, want string }{
		{`{published_from: [{file: papers/deo.csv}]}`, numbers, ":27:27: table.published_from[0].file:", `did you mean "doe.csv"`},
		{whole, numbers, ":27:26: table.published_from[0]:", "of is missing; it is needed as papers/doe.csv has several data sets: Beauty, Toys"},
		{`{published_from: [{file: papers/doe.csv, of: Beuty}]}`, numbers, ":27:49: table.published_from[0].of:", `did you mean "Beauty"?`},
		{`{published_from: [{file: papers/doe.csv, of: Toys, rows: [Nwe]}]}`, numbers, "table.published_from[0].rows[0]:", `there is no row of Toys in papers/doe.csv "Nwe"; did you mean "New"?`},
		{`{published_from: [{file: papers/doe.csv, of: Toys, dataset: Instrumets}]}`, numbers, "table.published_from[0].dataset:", `did you mean "Instruments"?`},
		{`{published_from: [{fiel: papers/doe.csv}]}`, numbers, ":27:27:", `did you mean "file"`},
		{whole, line("B,M,recall@5,0.1,s,"), "table.published_from[0].file:", "none of its numbers of B is of a metric of this experiment"},
		{whole, line("B,M,ndgc@100,0.1,s,"), "papers/doe.csv:2:5: metric:", `did you mean "ndcg@100"?`},
		{whole, line("B,M,ndcg@100,.1O,s,"), "papers/doe.csv:2:14: value:", `".1O" is no number`},
		{whole, line("B,M,ndcg@100,10.5,s,"), "papers/doe.csv:2:14: value:", "ndcg@100 is 10.5, expected 0 to 1"},
		{whole, line("B,M,ndcg@100,0.1,,"), "papers/doe.csv:2:18: source:", "it is empty"},
		{whole, line("B,M,ndcg@100,0.1,s,\nB,M,ndcg@100,0.2,s,"), "papers/doe.csv:3:5: metric:", `ndcg@100 of "M" on "B" stands on line 2 already`},
		{whole, line("B,M,ndcg@100,0.1"), "papers/doe.csv:2:", "wrong number of fields"},
		{whole, line(`B,"M,ndcg@100,0.1,s,`), "papers/doe.csv:", `"`},
		{whole, "dataset,metod,metric,value,source\n", "papers/doe.csv:1:9: metod:", `there is no column "metod"; did you mean "method"?`},
		{whole, "dataset,metric,value,source\n", "papers/doe.csv:1:1:", "there is no column method; expected dataset, method"},
		{whole, "", "papers/doe.csv:", "it is empty; expected the columns dataset"},
	} {
		_, err := quoting(t, c.table, c.csv)
		if err == nil || !hasLine(err.Error(), c.place, c.want) {
			t.Errorf("%s\n%s\nwant %s %s, got %v", c.table, c.csv, c.place, c.want, err)
		}
	}
}
