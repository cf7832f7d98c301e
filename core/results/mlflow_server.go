package results

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

// What MLflow takes in one request of runs/log-batch.
const (
	mostMetrics = 1000
	mostParams  = 100
	mostTags    = 100
)

// longestTag is how many characters of a tag MLflow takes.
const longestTag = 5000

// PushMLflow sends each trial that has a record to an MLflow server, as MLflow writes it,
// without its artifact: the interface that trials are sent by takes no files. A run that the server has
// already (by the tag cllm4rec.key) is left as it is. It returns how many runs were sent and
// how many were there. ErrInvalid for an address that is none, ErrNotFound where no trial has
// a record; what the server refuses is an error with its words.
func PushMLflow(ctx context.Context, address string, plan *experiment.Plan, from Store) (sent, there int, err error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return 0, 0, contract.Errorf(contract.ErrInvalid, "what was given is no address of an MLflow server: expected one such as http://127.0.0.1:5000, or http://USER:PASSWORD@HOST:PORT")
	}
	all, err := trials(plan, from)
	if err != nil {
		return 0, 0, err
	}
	s := mlServer{at: at.JoinPath("api", "2.0", "mlflow"), client: &http.Client{Timeout: time.Minute}}
	id, err := s.experiment(ctx, plan.Name)
	if err != nil {
		return 0, 0, err
	}
	for _, t := range all {
		known, err := s.has(ctx, id, t.Key)
		if err == nil && known {
			there++
			continue
		}
		if err == nil {
			err = s.push(ctx, id, t)
		}
		if err != nil {
			return sent, there, fmt.Errorf("%s, %s, seed %d: %w", t.method, t.dataset, t.Seed, err)
		}
		sent++
	}
	return sent, there, nil
}

// mlServer is an MLflow server.
type mlServer struct {
	at     *url.URL
	client *http.Client
}

// refusal is an error that the server answers with.
type refusal struct {
	Code    string `json:"error_code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return fmt.Sprintf("the server refuses: %s: %s", r.Code, r.Message) }

// call asks an endpoint, by POST where there is a question and else by GET.
func (s *mlServer) call(ctx context.Context, endpoint string, query url.Values, question, answer any) error {
	at := s.at.JoinPath(endpoint)
	at.RawQuery = query.Encode()
	method, body := http.MethodGet, io.Reader(nil)
	if question != nil {
		raw, err := json.Marshal(question)
		if err != nil {
			return err
		}
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("the MLflow server does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("the MLflow server does not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var r refusal
		if json.Unmarshal(raw, &r) == nil && r.Code != "" {
			return &r
		}
		return fmt.Errorf("%s answers %s: is it an MLflow server?", at.Redacted(), resp.Status)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("%s answers no JSON: is it an MLflow server?", at.Redacted())
	}
	return nil
}

// experiment finds or makes the experiment of a name.
func (s *mlServer) experiment(ctx context.Context, name string) (id string, err error) {
	var got struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		} `json:"experiment"`
	}
	err = s.call(ctx, "experiments/get-by-name", url.Values{"experiment_name": {name}}, nil, &got)
	if err == nil && got.Experiment.Stage == "deleted" {
		return "", contract.Errorf(contract.ErrInvalid, "the experiment %q is in the server's trash: restore it there, or remove it for good", name)
	}
	if err == nil {
		return got.Experiment.ID, nil
	}
	var r *refusal
	if !errors.As(err, &r) || r.Code != "RESOURCE_DOES_NOT_EXIST" {
		return "", err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = s.call(ctx, "experiments/create", nil, map[string]any{"name": name}, &made)
	return made.ID, err
}

// has reports whether the server has the whole run of a trial.
func (s *mlServer) has(ctx context.Context, experiment, key string) (bool, error) {
	var got struct {
		Runs []json.RawMessage `json:"runs"`
	}
	filter := fmt.Sprintf("tags.`cllm4rec.key` = '%s' and attributes.status != 'RUNNING'", key)
	err := s.call(ctx, "runs/search", nil, map[string]any{"experiment_ids": []string{experiment}, "filter": filter, "max_results": 1}, &got)
	return len(got.Runs) > 0, err
}

// pair is a tag or a parameter as the interface takes it.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// metricPoint is a value as the interface takes it.
type metricPoint struct {
	Key   string  `json:"key"`
	Value float64 `json:"value"`
	At    int64   `json:"timestamp"` // milliseconds
	Step  int64   `json:"step"`
}

// push makes a run, fills it and ends it last: one that was cut short stays RUNNING.
func (s *mlServer) push(ctx context.Context, experiment string, t ran) error {
	r, err := newRun(t)
	if err != nil {
		return err
	}
	tags := []pair{{"mlflow.source.name", "cllm4rec"}, {"mlflow.source.type", "LOCAL"}}
	for _, w := range r.tags {
		tags = append(tags, pair{w.key, cut(w.value, longestTag)})
	}
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	question := map[string]any{"experiment_id": experiment, "start_time": r.start.UnixMilli(), "run_name": r.name, "tags": tags[:min(len(tags), mostTags)]}
	if err := s.call(ctx, "runs/create", nil, question, &made); err != nil {
		return err
	}
	id := made.Run.Info.ID
	var params []pair
	for _, w := range r.params {
		params = append(params, pair{w.key, w.value})
	}
	for len(params) > 0 {
		n := min(len(params), mostParams)
		if err := s.call(ctx, "runs/log-batch", nil, map[string]any{"run_id": id, "params": params[:n]}, nil); err != nil {
			return err
		}
		params = params[n:]
	}
	for metrics := r.points(); len(metrics) > 0; {
		n := min(len(metrics), mostMetrics)
		if err := s.call(ctx, "runs/log-batch", nil, map[string]any{"run_id": id, "metrics": metrics[:n]}, nil); err != nil {
			return err
		}
		metrics = metrics[n:]
	}
	status := "FINISHED"
	if r.failed {
		status = "FAILED"
	}
	return s.call(ctx, "runs/update", nil, map[string]any{"run_id": id, "status": status, "end_time": r.end.UnixMilli()}, nil)
}

// points are the metrics that JSON has numbers for.
func (r *mlRun) points() (all []metricPoint) {
	for _, m := range r.metrics {
		if !math.IsNaN(m.value) && !math.IsInf(m.value, 0) {
			all = append(all, metricPoint{m.key, m.value, m.at.UnixMilli(), m.step})
		}
	}
	return all
}
