package results_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report/reporttest"
	"cllm4rec/core/results"

	"github.com/parquet-go/parquet-go"
)

// small is a folder of records of two data sets, three methods and two seeds; the first method has a log.
func small(t *testing.T) (*record.Store, *experiment.Plan) {
	t.Helper()
	dir := t.TempDir()
	plan, err := (reporttest.Folder{Datasets: 2, Methods: 3, Seeds: 2, Users: 40, Items: 30, Depth: 10, Epochs: 3, Names: []string{"A/B", "../A?B", "."}}).Write(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := record.View(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store, plan
}

// peer runs a script of testdata with a package of Python, and reads its JSON.
func peer(t *testing.T, needs, script string, answer any, args ...string) {
	t.Helper()
	python := os.Getenv("PEER_PYTHON")
	if python == "" || exec.Command(python, "-c", "import "+needs).Run() != nil {
		t.Skipf("NOT PROVED HERE: that %s reads our exports. Set PEER_PYTHON to a Python with %s", needs, needs)
	}
	run := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", script)}, args...)...)
	run.Env = append(os.Environ(), "MLFLOW_ALLOW_FILE_STORE=true")
	var faults bytes.Buffer
	run.Stderr = &faults
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, faults.Bytes())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

func recordOf(t *testing.T, store *record.Store, plan *experiment.Plan, trial int) *record.Record {
	t.Helper()
	rec, err := store.Load(plan.Trials[trial].Key)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// userRow is a row as another program would name its columns.
type userRow struct {
	Dataset string  `parquet:"dataset"`
	Method  string  `parquet:"method"`
	NDCG    float64 `parquet:"ndcg@10"`
	Recall  float64 `parquet:"recall@10"`
	Seed    uint64  `parquet:"seed"`
	Split   int32   `parquet:"split"`
	Trial   string  `parquet:"trial"`
	User    string  `parquet:"user"`
}

func TestEveryUserOfEveryTrialHasARow(t *testing.T) {
	store, plan := small(t)
	var b bytes.Buffer
	n, err := results.Users(&b, plan, store, contract.PartTest)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[userRow](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(rows) != 2*3*2*40 || n != int64(len(rows)) {
		t.Fatalf("%d rows, said %d, error %v", len(rows), n, err)
	}
	for i := range plan.Trials {
		rec := recordOf(t, store, plan, i)
		users, err := store.Users(rec, "test")
		if err != nil {
			t.Fatal(err)
		}
		for u := range users.Users {
			want := userRow{rec.Dataset, rec.Method, users.Column("ndcg@10")[u], users.Column("recall@10")[u], rec.Seed, 0, rec.Key, users.Users[u]}
			if got := rows[40*i+u]; got != want {
				t.Fatalf("row %d: got %+v, want %+v", 40*i+u, got, want)
			}
		}
	}
}

func TestPandasReadsTheRowsOfUsers(t *testing.T) {
	store, plan := small(t)
	var b bytes.Buffer
	if _, err := results.Users(&b, plan, store, contract.PartTest); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.parquet")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rows    int
		Columns map[string]string
		Means   map[string]float64
	}
	peer(t, "pandas, pyarrow", "read_users.py", &got, file)
	if got.Rows != 480 || got.Columns["seed"] != "uint64" || got.Columns["ndcg@10"] != "float64" || len(got.Means) != 12 {
		t.Errorf("got %+v", got)
	}
	rec := recordOf(t, store, plan, 4)
	if mean := got.Means[fmt.Sprintf("%s/%s/%d", rec.Dataset, rec.Method, rec.Seed)]; math.Abs(mean-rec.Results[0].Means["ndcg@10"]) > 1e-12 {
		t.Errorf("got %v, want %v", mean, rec.Results[0].Means["ndcg@10"])
	}
}

func TestTensorBoardReadsCurvesAndResults(t *testing.T) {
	store, plan := small(t)
	dir := filepath.Join(t.TempDir(), "tensorboard")
	n, err := results.TensorBoard(dir, plan, store)
	if err != nil || n != 12 {
		t.Fatalf("%d runs, error %v", n, err)
	}
	var got map[string]map[string][][3]float64
	peer(t, "tensorboard", "read_tensorboard.py", &got, dir)
	if len(got) != 12 {
		t.Errorf("%d runs", len(got))
	}
	rec := recordOf(t, store, plan, 0)
	run := got["Data 1/A_B/seed-1"]
	var losses [][2]float64
	at := float64(rec.Started.Unix())
	for _, e := range rec.Log {
		at += e.Seconds
		if e.Stage == "pretrain" && e.Loss != nil {
			losses = append(losses, [2]float64{float64(e.Epoch), *e.Loss})
			if when := run["loss/pretrain_collaborative"][len(losses)-1][2]; math.Abs(when-at) > 1e-3 {
				t.Errorf("epoch %d ended at %v, want %v", e.Epoch, when, at)
			}
		}
	}
	for i, want := range losses {
		if p := run["loss/pretrain_collaborative"][i]; p[0] != want[0] || p[1] != float64(float32(want[1])) {
			t.Errorf("loss: got %v, want %v", p, want)
		}
	}
	if p := run["validation/finetune"]; len(p) != 3 || p[2][0] != 3 {
		t.Errorf("validation: got %v", p)
	}
	for metric, want := range map[string]float64{"test/ndcg@10": rec.Results[0].Means["ndcg@10"], "test/coverage@10": rec.Results[0].Overall["coverage@10"], "cost/train_seconds": rec.Times.Train} {
		if p := run[metric]; len(p) != 1 || p[0][1] != float64(float32(want)) {
			t.Errorf("%s: got %v, want %v", metric, p, want)
		}
	}
}

// mlRuns are runs as MLflow's client sees them.
type mlRuns map[string]struct {
	Experiment, Status string
	Started            int64
	Params, Tags       map[string]string
	Metrics            map[string]float64
	History            map[string][][2]float64
	Artifacts          []string
}

// holds compares a run with the record of a trial.
func (m mlRuns) holds(t *testing.T, store *record.Store, plan *experiment.Plan) {
	t.Helper()
	if len(m) != 12 {
		t.Errorf("%d runs", len(m))
	}
	rec := recordOf(t, store, plan, 0)
	run := m["A/B, Data 1, seed 1"]
	if run.Experiment != "invented" || run.Status != "FINISHED" || run.Started != rec.Started.UnixMilli() || run.Tags["cllm4rec.key"] != rec.Key {
		t.Errorf("got %+v", run)
	}
	for key, want := range map[string]string{"method": "A/B", "dataset": "Data 1", "seed": "1", "plugin.name": "family0", "plugin.params.lambda": "1", "plugin.params.shared": "true", "dataset.name": "invented 0"} {
		if run.Params[key] != want {
			t.Errorf("%s: got %q, want %q", key, run.Params[key], want)
		}
	}
	if got, want := run.Metrics["test/ndcg_at_10"], rec.Results[0].Means["ndcg@10"]; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if h := run.History["loss/pretrain_collaborative"]; len(h) != 3 || h[2][0] != 3 || h[2][1] != *rec.Log[4].Loss {
		t.Errorf("got %v", h)
	}
	if !slices.Contains(run.Artifacts, "record.json") {
		t.Errorf("artifacts %v", run.Artifacts)
	}
}

func TestMLflowReadsTheFolder(t *testing.T) {
	store, plan := small(t)
	dir := filepath.Join(t.TempDir(), "mlruns")
	n, err := results.MLflow(dir, plan, store)
	if err != nil || n != 12 {
		t.Fatalf("%d runs, error %v", n, err)
	}
	var got mlRuns
	peer(t, "mlflow", "read_mlflow.py", &got, dir)
	got.holds(t, store, plan)
}

func TestMLflowMigratesTheFolder(t *testing.T) {
	store, plan := small(t)
	dir := filepath.Join(t.TempDir(), "mlruns")
	if _, err := results.MLflow(dir, plan, store); err != nil {
		t.Fatal(err)
	}
	database := "sqlite:///" + filepath.Join(t.TempDir(), "mlflow.db")
	python := os.Getenv("PEER_PYTHON")
	if python == "" || exec.Command(python, "-c", "import mlflow.store.fs2db").Run() != nil {
		t.Skip("NOT PROVED HERE: that `mlflow migrate-filestore` takes our folder. Set PEER_PYTHON to a Python with mlflow 3")
	}
	if out, err := exec.CommandContext(t.Context(), python, "-m", "mlflow", "migrate-filestore", "--source", dir, "--target", database).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got mlRuns
	peer(t, "mlflow", "read_mlflow.py", &got, database)
	got.holds(t, store, plan)
}

func TestFoldersAreNotOverwrittenAndNothingIsExportedOfNothing(t *testing.T) {
	store, plan := small(t)
	dir := t.TempDir()
	if _, err := results.MLflow(dir, plan, store); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("got %v", err)
	}
	plan.Trials = nil
	for name, export := range map[string]func() error{
		"tensorboard": func() error { _, err := results.TensorBoard(filepath.Join(dir, "a"), plan, store); return err },
		"mlflow":      func() error { _, err := results.MLflow(filepath.Join(dir, "b"), plan, store); return err },
		"parquet":     func() error { _, err := results.Users(&bytes.Buffer{}, plan, store, contract.PartTest); return err },
	} {
		if err := export(); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "cllm4rec run") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// served starts an MLflow server on the loopback and returns its address.
func served(t *testing.T) string {
	t.Helper()
	python := os.Getenv("PEER_PYTHON")
	if python == "" || exec.Command(python, "-c", "import mlflow.server").Run() != nil {
		t.Skip("NOT PROVED HERE: that an MLflow server takes our runs. Set PEER_PYTHON to a Python with mlflow")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	server := exec.Command(python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--workers", "1",
		"--backend-store-uri", "sqlite:///"+filepath.Join(dir, "mlflow.db"), "--default-artifact-root", dir)
	var said bytes.Buffer
	server.Stdout, server.Stderr, server.Dir = &said, &said, dir
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		_ = server.Wait()
	})
	address := "http://127.0.0.1:" + strconv.Itoa(port)
	for range 240 {
		if resp, err := http.Get(address + "/health"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return address
			}
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Fatal("the server does not start")
	return ""
}

func TestAnMLflowServerTakesEveryTrialOnce(t *testing.T) {
	address := served(t)
	store, plan := small(t)
	if sent, there, err := results.PushMLflow(t.Context(), address, plan, store); err != nil || sent != 12 || there != 0 {
		t.Fatalf("sent %d, there %d, error %v", sent, there, err)
	}
	if sent, there, err := results.PushMLflow(t.Context(), address, plan, store); err != nil || sent != 0 || there != 12 {
		t.Fatalf("the second time: sent %d, there %d, error %v", sent, there, err)
	}
	var got mlRuns
	peer(t, "mlflow", "read_mlflow.py", &got, address)
	for name, run := range got {
		if len(run.Artifacts) > 0 {
			t.Errorf("%s has artifacts %v", name, run.Artifacts)
		}
		run.Artifacts = []string{"record.json"} // which is not sent
		got[name] = run
	}
	got.holds(t, store, plan)
}

func TestWhatIsNoMLflowServerIsSaid(t *testing.T) {
	store, plan := small(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for address, want := range map[string]string{"ftp://x": "expected one such as http://", other.URL: "answers 404 Not Found: is it an MLflow server?", "http://127.0.0.1:1": "does not answer"} {
		if _, _, err := results.PushMLflow(t.Context(), strings.Replace(address, "//", "//me:secret@", 1), plan, store); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

// A run that was cut short stays RUNNING and is sent again; what the server refuses is told in its words.
func TestARunThatWasCutShortIsSentAgain(t *testing.T) {
	store, plan := small(t)
	var questions []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, word, _ := r.BasicAuth(); name != "me" || word != "secret" {
			t.Errorf("signed in as %q with %q", name, word)
		}
		endpoint := strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")
		raw, _ := io.ReadAll(r.Body)
		questions = append(questions, endpoint+" "+string(raw))
		switch endpoint {
		case "experiments/get-by-name":
			_, _ = io.WriteString(w, `{"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}`)
		case "runs/create":
			_, _ = io.WriteString(w, `{"run": {"info": {"run_id": "r"}}}`)
		case "runs/log-batch":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error_code": "INVALID_PARAMETER_VALUE", "message": "no room"}`)
		default:
			_, _ = io.WriteString(w, `{}`)
		}
	}))
	defer server.Close()
	sent, _, err := results.PushMLflow(t.Context(), strings.Replace(server.URL, "//", "//me:secret@", 1), plan, store)
	if sent != 0 || err == nil || !strings.Contains(err.Error(), "A/B, Data 1, seed 1: the server refuses: INVALID_PARAMETER_VALUE: no room") {
		t.Errorf("sent %d, got %v", sent, err)
	}
	if asked := questions[1]; !strings.Contains(asked, "runs/search") || !strings.Contains(asked, "attributes.status != 'RUNNING'") {
		t.Errorf("asked %s", asked)
	}
}

func TestCroissantReadsTheDataBehindACard(t *testing.T) {
	store, plan := small(t)
	raw, err := results.Croissant(plan, store, store.Dir(), store.Dir())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(store.Dir(), "croissant.json")
	if err := os.WriteFile(file, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Name   string
		Errors []string
		Sets   map[string][2]any
	}
	peer(t, "mlcroissant", "read_croissant.py", &got, file)
	if got.Name != "invented" || len(got.Errors) > 0 || len(got.Sets) != 4 {
		t.Errorf("got %+v", got)
	}
	rec := recordOf(t, store, plan, 0)
	split, err := store.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("%.12s-", rec.Data.Fingerprint)
	users, items := got.Sets[id+"users"], got.Sets[id+"items"]
	if users[1] != 40.0 || items[1] != 30.0 {
		t.Errorf("%v users and %v items", users[1], items[1])
	}
	if train := users[0].(map[string]any)["train"]; fmt.Sprint(train) != fmt.Sprint(split.Training.Row(0)) {
		t.Errorf("got %v, want %v", train, split.Training.Row(0))
	}
	if title := items[0].(map[string]any)["title"]; title != split.Titles[0] {
		t.Errorf("got %v, want %q", title, split.Titles[0])
	}
}

func TestACardHasChecksumsPathsAndWarnings(t *testing.T) {
	store, plan := small(t)
	raw, err := results.Croissant(plan, store, store.Dir(), filepath.Join(store.Dir(), "cards"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Distribution []struct{ ContentURL, SHA256 string }
		Made         []string `json:"rai:dataPreprocessingProtocol"`
		Description  string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	rec := recordOf(t, store, plan, 0)
	if f := got.Distribution[0]; f.ContentURL != "../data/"+rec.Data.Fingerprint+"/users.parquet" || f.SHA256 != rec.Data.Files.Users.SHA256 {
		t.Errorf("got %+v", f)
	}
	if len(got.Made) != 2 || !strings.Contains(got.Made[0], "Data 1: read by the plugin invented 1") || !strings.Contains(got.Description, "Data 2: 40 users, 30 items") {
		t.Errorf("got %+v", got)
	}
}
