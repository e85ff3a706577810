"""The direct engine: the steps one after the other in this process. No Prefect, no server."""

from datetime import UTC, datetime

from cl_flows import steps
from cl_flows.config import GateConfig
from cl_flows.expectations import cross_checked, expectations_worker, own_suite_first
from cl_flows.following import followed
from cl_flows.limits import run_limit
from cl_flows.outcome import GateResult, traced_facts
from cl_flows.plan import make_plan
from cl_flows.publish import Findings, publish, write_scored
from cl_flows.runs import new_run_id, open_run
from cl_flows.tracing import traced
from cl_flows.waiting import with_plan


@traced("run", traced_facts)
def run_direct(config: GateConfig) -> GateResult:
    """Run the gate and return its verdict, whatever it is; only errors raise."""
    started = datetime.now(UTC)
    plan = make_plan(config)
    with (
        followed(config, started) as begin,
        run_limit(config.limits.run),
        open_run(config.output.folder, new_run_id(config.as_of)) as run,
        expectations_worker(wanted=config.gate.great_expectations.enabled) as worker,
    ):
        dataset = own_suite_first(config, steps.load(plan), run.partial, worker)
        begin(dataset.name, run)
        predictions = steps.predict(plan, dataset, run_id=run.run_id)
        evidence = steps.score(plan, dataset, predictions)
        write_scored(evidence, run)
        judged = steps.judge(plan, evidence, dataset)
        judgement = cross_checked(config, judged, evidence, run.scored, worker)
        found = Findings(dataset, predictions, evidence, judgement)
        result = publish(plan, run, found, started=started, engine="direct")
    return with_plan(config, result)[0]
