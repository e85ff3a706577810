"""compose.yaml, the Kubernetes manifests, the Dockerfile: sound by schema and lint, true to the files."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import jsonschema
import kubernetes_validate
import pytest
import yaml

from cl_flows.cli.main import labelgate
from cl_flows.config import make_config
from cl_flows.plan import make_plan

FOLDER = Path(__file__).parents[2] / "deployments"
COMPOSE = FOLDER / "compose.yaml"
KUBERNETES = sorted((FOLDER / "kubernetes").glob("*.yaml"))
# The oldest and the newest release that people are held to.
RELEASES = ("1.31.0", "1.37.0")

pytestmark = pytest.mark.skipif(not COMPOSE.exists(), reason="deployments/ is not beside these tests")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"]) if COMPOSE.exists() else {}


def resources() -> list[dict[str, Any]]:
    return [r for file in KUBERNETES for r in yaml.safe_load_all(file.read_text(encoding="utf-8")) if r]


def pods() -> list[dict[str, Any]]:
    """Return the specification of every pod."""
    found = []
    for resource in resources():
        if resource["kind"] == "CronJob":
            found.append(resource["spec"]["jobTemplate"]["spec"]["template"]["spec"])
        if resource["kind"] == "Deployment":
            found.append(resource["spec"]["template"]["spec"])
    return found


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every program that a service or a pod starts, with its arguments."""
    for service in services().values():
        if service["image"].startswith("labelgate"):
            yield service.get("entrypoint", ["labelgate"])[0], [str(word) for word in service["command"]]
    for pod in pods():
        for container in pod["containers"]:
            yield container.get("command", ["labelgate"])[0], [str(word) for word in container["args"]]


def test_the_compose_file_meets_the_compose_specification() -> None:
    """The schema that check-jsonschema brings; it refuses what is misspelt."""
    text = files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    schema = json.loads(text)
    jsonschema.validate(compose(), schema)
    broken = compose()
    broken["services"]["worker"]["heathcheck"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@pytest.mark.parametrize("name", list(services()))
def test_a_service_has_a_fixed_image_no_root_rights_and_a_health_check(name: str) -> None:
    """`deploy` ends by itself, so nobody asks how it is."""
    service = services()[name]
    assert re.search(r":v?\d+\.\d+", service["image"]), service["image"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["image"].startswith("labelgate") or service["user"] not in {"root", "0"}
    assert ("healthcheck" in service) == (name != "deploy")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_file_and_volume_that_compose_names_is_there() -> None:
    """Secrets are made by hand: the file's first lines say how, and git ignores them."""
    found, head = compose(), COMPOSE.read_text(encoding="utf-8").partition("name: labelgate")[0]
    for service in found["services"].values():
        for volume in service.get("volumes", []):
            source = volume.rsplit(":", 2 if volume.endswith(":ro") else 1)[0]
            assert source.startswith("${") or source in found["volumes"] or (FOLDER / source).exists(), source
        for name in [*service.get("secrets", []), *service.get("configs", [])]:
            assert (
                (name in found["secrets"]) if isinstance(name, str) else (name["source"] in found["configs"])
            )
        assert set(service.get("depends_on", ())) <= set(found["services"])
        for file in service.get("env_file", []):
            assert f"deployments/{file}" in head
    for secret in found["secrets"].values():
        assert f"deployments/{secret['file']}" in head
    build = found["services"]["worker"]["build"]
    assert (FOLDER.joinpath(build["context"]) / build["dockerfile"]).resolve() == FOLDER / "Dockerfile"


def test_the_server_remembers_who_holds_a_slot_when_it_restarts() -> None:
    """The module is one of our Prefect's, and its files lie on a volume that the image's user owns."""
    server = services()["server"]
    module = server["environment"]["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"]
    assert importlib.util.find_spec(module) is not None
    home = server["environment"]["PREFECT_HOME"]
    assert [volume.partition(":")[2] for volume in server["volumes"]] == [home]
    assert f"{home} \\\n    && chown" in (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_no_manifest_holds_a_secret() -> None:
    """Passwords come from files and from Secrets, by reference."""
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            assert name.endswith(("_FILE", "__FILE")) or "PASSWORD" not in name, (name, value)
    assert "Secret" not in {resource["kind"] for resource in resources()}
    for pod in pods():
        for variable in pod["containers"][0].get("env", []):
            secret = re.search("AUTH|KEY|PASSWORD|TOKEN", variable["name"])
            assert not secret or "secretKeyRef" in variable["valueFrom"]


@pytest.mark.parametrize("release", RELEASES)
def test_every_kubernetes_resource_meets_the_schema_of_the_release(release: str) -> None:
    """Strictly: a misspelt key is refused."""
    for resource in resources():
        kubernetes_validate.validate(resource, release, strict=True)
    broken = next(r for r in resources() if r["kind"] == "Deployment")
    broken["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, release, strict=True)


def test_pods_keep_to_the_restricted_standard_and_name_what_is_there() -> None:
    """No root, no writing outside volumes, limits, and no reference into nothing."""
    known = {(r["kind"], r["metadata"]["name"]) for r in resources()}
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in known
        for volume in pod["volumes"]:
            claim, config = volume.get("persistentVolumeClaim"), volume.get("configMap")
            assert not claim or ("PersistentVolumeClaim", claim["claimName"]) in known
            assert not config or ("ConfigMap", config["name"]) in known
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])
            assert not container["image"].endswith(":latest")
            assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
            for source in container["envFrom"]:
                assert ("ConfigMap", source["configMapRef"]["name"]) in known


def test_the_gate_of_the_config_map_makes_a_plan() -> None:
    """Where the image would find it."""
    (text,) = [r["data"]["gate.yaml"] for r in resources() if "gate.yaml" in r.get("data", {})]
    make_plan(make_config(yaml.safe_load(text), "the ConfigMap"))


@pytest.mark.parametrize(("program", "words"), list(commands()), ids=" ".join)
def test_every_command_of_a_container_is_understood(program: str, words: list[str]) -> None:
    """A renamed option breaks this test before it breaks a night."""
    if program == "labelgate":
        command: click.Command = labelgate
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        command.make_context("labelgate", words)
        return
    assert program == "prefect"
    options = [word for word in words if word.startswith("--") and word != "--no-prompt"]
    group = [word for word in words if word != "--no-prompt"][: 1 if "deploy" in words else 2]
    help_ = subprocess.run(
        [sys.executable, "-m", "prefect", *group, "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert [option for option in options if option not in help_] == []


def test_every_setting_of_prefect_that_a_manifest_names_is_one() -> None:
    """Prefect ignores what is misspelt."""
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_valid_setting_names

    files_ = [COMPOSE, FOLDER / "Dockerfile", *KUBERNETES]
    named = {n for file in files_ for n in re.findall(r"PREFECT_[A-Z_]+", file.read_text(encoding="utf-8"))}
    assert "PREFECT_API_URL" in named
    assert named - _get_valid_setting_names(Settings) == set()


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: apt install prometheus"
)
def test_prometheus_takes_the_configuration_that_compose_writes(tmp_path: Path) -> None:
    """With the rules beside it, as in the container."""
    (tmp_path / "prometheus.yml").write_text(compose()["configs"]["prometheus"]["content"])
    shutil.copy(FOLDER / "prometheus" / "labelgate.rules.yml", tmp_path)
    command = ["promtool", "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 rule files found" in done.stdout


def test_the_dockerfile_passes_hadolint() -> None:
    """And what it copies is there."""
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    assert program is not None
    done = subprocess.run([program, str(FOLDER / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, flags=re.MULTILINE):
        assert all(f"!{source}\n" in ignored for source in line.split()), line
    assert "USER 10001" in text
