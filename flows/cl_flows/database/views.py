"""The views that dashboards read: the stable interface, whatever becomes of the tables. docs/history.md."""

from sqlalchemy import Connection

_RUNS = """
CREATE VIEW labelgate_runs AS
SELECT {time} AS time, {seconds} AS seconds, runs.run_id, runs.dataset, runs.status,
    runs.noise_rate, runs.low, runs.high, runs.max_noise_rate, runs.n_rows, runs.n_flagged,
    runs.method, runs.model, runs.engine, runs.version,
    CASE WHEN EXISTS (SELECT 1 FROM acceptances WHERE acceptances.run_id = runs.run_id)
        THEN 1 ELSE 0 END AS accepted_by_hand,
    CASE WHEN EXISTS (SELECT 1 FROM prunings WHERE prunings.run_id = runs.run_id)
        THEN 1 ELSE 0 END AS pruned,
    origins.rejudges,
    CASE WHEN origins.as_of IS NULL THEN 0 ELSE 1 END AS backfilled
FROM runs LEFT JOIN origins ON origins.run_id = runs.run_id
"""
_CLASSES = {
    "sqlite": """
CREATE VIEW labelgate_classes AS
SELECT {time} AS time, runs.run_id, runs.dataset,
    json_extract(one.value, '$.label') AS label, json_extract(one.value, '$.rows') AS n_rows,
    json_extract(one.value, '$.rate') AS noise_rate, json_extract(one.value, '$.low') AS low,
    json_extract(one.value, '$.high') AS high
FROM runs JOIN figures ON figures.run_id = runs.run_id
JOIN json_each(figures.figures, '$.classes') AS one
WHERE one.type = 'object'
""",
    "postgresql": """
CREATE VIEW labelgate_classes AS
SELECT {time} AS time, runs.run_id, runs.dataset,
    one.value ->> 'label' AS label, (one.value ->> 'rows')::bigint AS n_rows,
    (one.value ->> 'rate')::double precision AS noise_rate,
    (one.value ->> 'low')::double precision AS low, (one.value ->> 'high')::double precision AS high
FROM runs JOIN figures ON figures.run_id = runs.run_id
CROSS JOIN LATERAL json_array_elements(
    CASE WHEN json_typeof(figures.figures::json -> 'classes') = 'array'
        THEN figures.figures::json -> 'classes' ELSE '[]'::json END
) AS one
""",
}
# SQLite has no type for a moment: Unix seconds are what dashboards take.
_TIME = {
    "sqlite": "CAST(strftime('%s', runs.finished_at) AS INTEGER)",
    "postgresql": "runs.finished_at::timestamptz",
}
_SECONDS = {
    "sqlite": "round((julianday(runs.finished_at) - julianday(runs.started_at)) * 86400, 3)",
    "postgresql": "extract(epoch FROM runs.finished_at::timestamptz - runs.started_at::timestamptz)"
    "::double precision",
}
NAMES = ("labelgate_runs", "labelgate_classes")


def create_views(connection: Connection) -> None:
    """Make the views; they hold no data, so that every upgrade makes them anew."""
    kind = connection.dialect.name
    for text in (_RUNS, _CLASSES[kind]):
        connection.exec_driver_sql(text.format(time=_TIME[kind], seconds=_SECONDS[kind]))


def drop_views(connection: Connection) -> None:
    """Remove the views: a table under a view cannot change."""
    for name in NAMES:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
