"""An Airflow DAG that never trains on labels over their limit.

labelgate lives in an environment of its own (its Prefect and Airflow want different versions of the
same libraries), so the gate is its command line: exit code 0 goes on, anything else stops the run.
"""

import os
from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag

LABELGATE = os.environ.get("LABELGATE", "labelgate")
PROJECT = os.environ.get("LABELS_PROJECT", "/opt/labels")


@dag(
    dag_id="train_on_good_labels",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
)
def train_on_good_labels() -> None:
    """Gate the labels, then train."""
    gate = BashOperator(
        task_id="gate",
        bash_command=f"{LABELGATE} run gate.yaml --engine direct",
        cwd=PROJECT,
        retries=0,  # a verdict does not change by asking again
        append_env=True,
    )
    train = BashOperator(task_id="train", bash_command="touch trained", cwd=PROJECT)
    gate >> train


train_on_good_labels()
