"""Flow runs of a deployed gate, made as somebody who presses Prefect's button makes them."""

from pathlib import Path
from typing import Any
from uuid import UUID


def deployed_run(name: str, config: Path, pool: str | None = None) -> UUID:
    """Deploy a configuration, to a new process pool if one is named, and ask for a flow run of it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.types.entrypoint import EntrypointType

    from cl_flows import label_gate

    deployment: Any = label_gate.to_deployment(
        name,
        parameters={"config": str(config)},
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=pool,
    )
    with get_client(sync_client=True) as client:
        if pool:
            client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
        run_id: UUID = client.create_flow_run_from_deployment(deployment.apply()).id
    return run_id
