package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"

	"cllm4rec/core/contract"
)

// EverythingSchema is the version of what WriteJSON and WriteCSV write.
const EverythingSchema = 1

// everything is what WriteJSON writes.
type everything struct {
	Schema     int           `json:"schema"`
	Experiment string        `json:"experiment"`
	Part       contract.Part `json:"part"`
	Level      float64       `json:"level"` // of the intervals
	Tables     []entire      `json:"tables"`
	Rankings   []rankLine    `json:"rankings,omitempty"` // of methods over five data sets or more
}

// entire is a table with what stands behind it.
type entire struct {
	Table
	Tests       string          `json:"tests"`
	Reference   string          `json:"reference,omitempty"` // of the differences
	Differences []Differences   `json:"differences"`
	Pairs       []Matrix        `json:"pairs"`
	Trials      []trialLine     `json:"trials"`
	Audit       json.RawMessage `json:"audit,omitempty"`
	LeftOut     []string        `json:"left_out,omitempty"`
}

// trialLine is a trial.
type trialLine struct {
	Key     string             `json:"key"`
	Method  string             `json:"method"`
	Split   int                `json:"split,omitempty"` // of data that are split several times
	Seed    uint64             `json:"seed"`
	Status  string             `json:"status"` // done, failed or missing
	Error   string             `json:"error,omitempty"`
	Means   map[string]float64 `json:"means,omitempty"`
	Overall map[string]float64 `json:"overall,omitempty"`
	Train   float64            `json:"train_seconds"`
	Rank    float64            `json:"rank_seconds"`
	PeakMiB float64            `json:"peak_mib"`
}

// rankLine is a Ranking.
type rankLine struct {
	Metric     string    `json:"metric"`
	Methods    []string  `json:"methods"` // measured on every data set
	Datasets   int       `json:"datasets"`
	Ranks      []float64 `json:"ranks"` // as Methods
	ChiSquared Number    `json:"friedman_chi_squared"`
	P          Number    `json:"friedman_p"`
	F          Number    `json:"iman_davenport_f"`
	PF         Number    `json:"iman_davenport_p"`
	Critical   Number    `json:"critical_difference"`
}

func (r Ran) line(part contract.Part) trialLine {
	l := trialLine{Key: r.Key, Method: r.Method, Split: r.Split, Seed: r.Seed, Status: "missing"}
	if r.Record == nil {
		return l
	}
	l.Status, l.Error = string(r.Record.Status), firstLine(r.Record.Error)
	l.Train, l.Rank, l.PeakMiB = r.Record.Times.Train, r.Record.Times.Rank, float64(r.Record.PeakRSS())/(1<<20)
	if res := r.Record.Result(string(part)); res != nil {
		l.Means, l.Overall = res.Means, res.Overall
	}
	return l
}

// WriteJSON writes all tables with published rows and sources, intervals, marks, every
// difference to the reference with p-values and effect sizes, every pair, cost, strata,
// trials and the audit of the split.
func (d *Details) WriteJSON(w io.Writer) error {
	out := everything{Schema: EverythingSchema, Experiment: d.Experiment, Part: d.Part, Level: d.Level, Tables: []entire{}}
	for i, t := range d.Tables {
		behind := &d.Behind[i]
		e := entire{Table: t, Tests: behind.Tests, Reference: behind.Reference, Differences: behind.Differences, Pairs: behind.Matrices, LeftOut: behind.LeftOut}
		for _, ran := range behind.Trials {
			e.Trials = append(e.Trials, ran.line(d.Part))
		}
		if behind.Audit != nil {
			var err error
			if e.Audit, err = json.Marshal(behind.Audit); err != nil {
				return err
			}
		}
		out.Tables = append(out.Tables, e)
	}
	for _, r := range d.Rankings {
		out.Rankings = append(out.Rankings, rankLine{r.Metric, r.Methods, r.Datasets, r.Ranks, Number(r.ChiSquared), Number(r.P), Number(r.F), Number(r.PF), Number(r.Critical)})
	}
	return writeJSON(w, out)
}

// csvColumns are those of WriteCSV.
func csvColumns() []string {
	return []string{
		"dataset", "part", "method", "published", "source", "metric", "mean", "ci_low", "ci_high", "seeds", "splits", "best", "against",
		"reference", "difference", "difference_low", "difference_high", "p", "p_holm", "d_z", "hedges_g", "rank_biserial", "cliffs_delta", "common_language", "win", "tie", "loss", "users",
		"train_seconds", "rank_seconds", "peak_mib", "device_mib", "trials", "failed", "missing", "by", "bucket", "held_out",
	}
}

// WriteCSV writes one line for each row, metric and bucket; published rows too. A field is
// empty where there is nothing to say: a published number has no interval, the reference no
// difference to itself, a bucket no p-value (best and against are the marks of its tests).
func (d *Details) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(csvColumns()) // kept for out.Error
	for i, t := range d.Tables {
		l := liner{d, &t, &d.Behind[i], out}
		for _, row := range t.Rows {
			l.row(row)
		}
		for _, s := range t.Strata {
			for _, b := range s.Buckets {
				for _, row := range b.Rows {
					l.bucket(s, b, row)
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// liner writes the lines of one table.
type liner struct {
	d      *Details
	table  *Table
	behind *Behind
	out    *csv.Writer
}

// fields are those of a line by column.
type fields map[string]string

func (l *liner) write(f fields) {
	f["dataset"], f["part"] = spreadsheet(l.table.Dataset), string(l.d.Part)
	line := make([]string, 0, len(csvColumns()))
	for _, column := range csvColumns() {
		line = append(line, f[column])
	}
	_ = l.out.Write(line)
}

func (l *liner) row(row Row) {
	for i, metric := range l.table.Metrics {
		f := fields{"method": spreadsheet(row.Method), "metric": metric, "source": spreadsheet(row.Source), "published": strconv.FormatBool(row.Published)}
		f.cell(row.Cells[i])
		if !row.Published {
			l.difference(f, row.Method, metric)
			f.cost(row)
		}
		l.write(f)
	}
}

// difference fills in what the row is to the reference.
func (l *liner) difference(f fields, method, metric string) {
	for _, of := range l.behind.Differences {
		for _, d := range of.Rows {
			if of.Metric != metric || d.Method != method {
				continue
			}
			f["reference"] = spreadsheet(l.behind.Reference)
			f["difference"], f["difference_low"], f["difference_high"] = exact(d.Mean), exact(d.Low), exact(d.High)
			f["p"], f["p_holm"], f["d_z"] = exact(d.P), exact(d.Holm), exact(d.Dz)
			f["win"], f["tie"], f["loss"], f["users"] = strconv.Itoa(d.Win), strconv.Itoa(d.Tie), strconv.Itoa(d.Loss), strconv.Itoa(d.Users)
			for _, e := range d.Effects {
				if column := effectColumns[e.Name]; column != "" {
					f[column] = exact(e.Value)
				}
			}
		}
	}
}

// effectColumns are the columns of effect sizes by their names.
var effectColumns = map[string]string{"Hedges' g": "hedges_g", "rank-biserial": "rank_biserial", "Cliff's delta": "cliffs_delta", "common language": "common_language"}

func (l *liner) bucket(s Strata, b Bucket, row StratumRow) {
	for i, metric := range s.Metrics {
		f := fields{
			"method": spreadsheet(row.Method), "metric": metric, "published": "false", "by": spreadsheet(s.By), "bucket": spreadsheet(b.Name),
			"users": strconv.Itoa(b.Users), "held_out": strconv.Itoa(b.HeldOut),
		}
		f.cell(row.Cells[i])
		l.write(f)
	}
}

func (f fields) cell(c Cell) {
	if !c.Known {
		return
	}
	f["mean"] = exact(Number(c.Mean))
	if c.Low != nil && c.High != nil {
		f["ci_low"], f["ci_high"] = exact(Number(*c.Low)), exact(Number(*c.High))
	}
	if c.Seeds > 0 {
		f["seeds"], f["splits"] = strconv.Itoa(c.Seeds), strconv.Itoa(max(1, c.Splits))
		f["best"], f["against"] = strconv.FormatBool(c.Best), strconv.Itoa(c.Against)
	}
}

func (f fields) cost(row Row) {
	f["trials"], f["failed"], f["missing"] = strconv.Itoa(row.Cost.Trials), strconv.Itoa(row.Failed), strconv.Itoa(row.Missing)
	if row.Cost.Trials == 0 {
		return
	}
	f["train_seconds"], f["rank_seconds"] = exact(Number(row.Cost.Train)), exact(Number(row.Cost.Rank))
	f["peak_mib"], f["device_mib"] = exact(Number(row.Cost.PeakMiB)), exact(Number(row.Cost.DeviceMiB))
}

// exact reads back to the same number; infinite ones and none are empty.
func exact(n Number) string {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
