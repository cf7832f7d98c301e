# MLflow's own client: python read_mlflow.py FOLDER-OR-URL -> JSON {run name: {status, params, metrics, history, artifacts}}
import json
import sys

from mlflow.tracking import MlflowClient

client = MlflowClient(tracking_uri=sys.argv[1])
runs = {}
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id], max_results=1000):
        runs[run.info.run_name] = {
            "experiment": experiment.name,
            "status": run.info.status,
            "started": run.info.start_time,
            "params": run.data.params,
            "tags": run.data.tags,
            "metrics": run.data.metrics,
            "history": {name: [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, name)] for name in run.data.metrics},
            "artifacts": [a.path for a in client.list_artifacts(run.info.run_id)],
        }
print(json.dumps(runs))
