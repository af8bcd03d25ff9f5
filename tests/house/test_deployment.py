"""The files that deploy it name what there is, wait long enough, and ask for no more rights than needed."""

from __future__ import annotations

import fnmatch
import re
import runpy
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from nextnest.settings import Settings
from tests.house.deploying import (
    COMPOSE,
    DEPLOY,
    DOCKERFILE,
    KUBERNETES,
    ROOT,
    SANDBOX,
    UNITS,
    container,
    named,
    of_unit,
    pod,
)

GUNICORN = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
OURS = {name.upper() for name in Settings.model_fields}
GRACE_S = Settings.model_fields["nextnest_grace_s"].default
# Who has been asked to stop is given so much on top of what it may take by its own rules.
TO_SPARE_S = 5
RIGHTS_OF_A_UNIT = {
    "DynamicUser": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
}


# --- the same three commands everywhere ---------------------------------------------------------------------------------


def test_every_way_of_running_starts_the_same_three_things() -> None:
    procfile = dict(
        line.split(": ", 1) for line in (ROOT / "Procfile").read_text("utf-8").splitlines() if line
    )
    services, units = COMPOSE["services"], {path.stem: of_unit(path)["ExecStart"] for path in UNITS}
    worker = "-m procrastinate --app=nextnest.tasks.app worker"
    for command in (
        procfile["worker"],
        " ".join(services["worker"]["command"]),
        units["nextnest-worker@"],
        " ".join(container(named("Deployment", "nextnest-worker"))["command"]),
    ):
        assert command.endswith(worker)
    for command in (
        procfile["release"],
        " ".join(services["migrate"]["command"]),
        units["nextnest-migrate"],
        " ".join(container(named("Job", "nextnest-migrate"))["command"]),
    ):
        assert command.endswith("-m nextnest.migrate")
    for command in (procfile["web"], units["nextnest-web"], DOCKERFILE):
        assert re.search(r'gunicorn .*["\']web:create_app\(\)', command)
    assert "command" not in container(named("Deployment", "nextnest-web")), "the image's own"


@pytest.mark.parametrize("path", sorted({ROOT / "Dockerfile", ROOT / "compose.yaml", *DEPLOY.rglob("*.*")}))
def test_every_module_that_is_started_exists(path: Path) -> None:
    modules = re.findall(r"-m,? ((?:nextnest|sandbox)[\w.]*)", path.read_text("utf-8"))
    assert [name for name in modules if find_spec(name) is None] == []


# --- settings -----------------------------------------------------------------------------------------------------------


def settings_given() -> set[str]:
    compose = [service.get("environment", {}) for service in COMPOSE["services"].values()]
    sandbox = [service.get("environment", {}) for service in SANDBOX["services"].values()]
    kubernetes = [
        {**one.get("data", {}), **one.get("stringData", {})}
        for one in KUBERNETES
        if one["metadata"]["name"] != "nextnest-ca"
    ]
    return {name for some in (*compose, *sandbox, *kubernetes) for name in some}


def test_no_setting_is_given_that_does_not_exist() -> None:
    assert settings_given() - OURS == {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_a_pod_gets_every_setting_that_is_required(kind: str) -> None:
    required = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
    sources = container(named("Deployment", f"nextnest-{kind}"))["envFrom"]
    given = set(named("ConfigMap", sources[0]["configMapRef"]["name"])["data"])
    given |= set(named("Secret", sources[1]["secretRef"]["name"])["stringData"])
    assert required | {"DATABASE_URL", "NEXTNEST_SECRET_KEY"} <= given


def test_no_secret_stands_among_the_settings_everybody_may_read() -> None:
    for name in named("ConfigMap", "nextnest")["data"]:
        assert "SecretStr" not in str(Settings.model_fields[name.lower()].annotation), name
        assert not re.search("TOKEN|KEY|SECRET|PASSWORD|DATABASE", name)


# --- time to stop -------------------------------------------------------------------------------------------------------


def seconds(written: str | int) -> int:
    return int(str(written).removesuffix("s"))


def test_whoever_stops_a_worker_waits_longer_than_its_grace() -> None:
    assert seconds(COMPOSE["services"]["worker"]["stop_grace_period"]) >= GRACE_S + TO_SPARE_S
    unit = of_unit(DEPLOY / "systemd" / "nextnest-worker@.service")
    assert seconds(unit["TimeoutStopSec"]) >= GRACE_S + TO_SPARE_S
    given = int(named("ConfigMap", "nextnest")["data"]["NEXTNEST_GRACE_S"])
    worker = pod(named("Deployment", "nextnest-worker"))
    assert worker["terminationGracePeriodSeconds"] >= given + TO_SPARE_S


def test_whoever_stops_web_waits_longer_than_its_requests_may_take() -> None:
    needed = GUNICORN["graceful_timeout"] + TO_SPARE_S
    assert seconds(COMPOSE["services"]["web"]["stop_grace_period"]) >= needed
    unit = of_unit(DEPLOY / "systemd" / "nextnest-web.service")
    assert seconds(unit["TimeoutStopSec"]) >= needed
    deployment = named("Deployment", "nextnest-web")
    before = int(container(deployment)["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod(deployment)["terminationGracePeriodSeconds"] >= before + needed


# --- the image ----------------------------------------------------------------------------------------------------------


def test_every_stage_of_the_image_begins_with_the_same_base_or_another_stage() -> None:
    stages = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert [name for _, name in stages] == ["packages", "runtime", "sandbox", "app"]
    assert {base for base, _ in stages} == {"${PYTHON}", "runtime"}
    assert stages[-1] == ("runtime", "app"), "what is built when no target is named"
    assert re.search(r"^ARG PYTHON=python:3\.\d+-slim", DOCKERFILE, re.MULTILINE)


def test_packages_come_by_their_hashes_as_wheels_and_into_another_stage() -> None:
    packages, rest = DOCKERFILE.split("FROM ${PYTHON} AS runtime")
    assert "--require-hashes --only-binary :all:" in packages
    assert not re.search(r"\b(pip|apt-get|curl)\b", re.sub(r"^#.*$", "", rest, flags=re.MULTILINE))
    assert "COPY --from=packages /venv /venv" in rest


def test_the_image_is_nobodys_in_particular_and_says_whether_web_is_well() -> None:
    runtime = DOCKERFILE.split("AS runtime")[1].split("\nFROM ")[0]
    [user] = re.findall(r"^USER (\d+):\d+$", runtime, re.MULTILINE)
    assert int(user) >= 10000
    assert len(re.findall(r"^USER ", DOCKERFILE, re.MULTILINE)) == 1
    [check] = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert "/healthz" in check
    compile(yaml.safe_load(check)[2], "HEALTHCHECK", "exec")


def test_the_image_gets_what_it_is_made_of_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {line[1:] for line in rules if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE))
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert not [name for name in let_in if fnmatch.fnmatch(".env", name)]


# --- compose ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "chatwoot", "model"])
def test_a_container_of_ours_writes_nothing_but_tmp_and_has_no_right_of_the_machines(name: str) -> None:
    service = COMPOSE["services"].get(name) or SANDBOX["services"][name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_web_and_workers_start_after_the_migration_and_it_after_the_database() -> None:
    services = COMPOSE["services"]
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_the_health_check_of_a_worker_looks_at_the_file_it_touches() -> None:
    [file] = re.findall(r"^ENV NEXTNEST_PULSE_FILE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert COMPOSE["services"]["worker"]["healthcheck"]["test"][-2:] == ["nextnest.pulse", file]
    worker = container(named("Deployment", "nextnest-worker"))
    for probe in ("startupProbe", "livenessProbe"):
        assert worker[probe]["exec"]["command"][-2:] == ["nextnest.pulse", file]


# --- systemd ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_no_right_it_does_not_need(path: Path) -> None:
    directives = of_unit(path)
    assert {name: directives.get(name) for name in RIGHTS_OF_A_UNIT} == RIGHTS_OF_A_UNIT


@pytest.mark.parametrize("kind", ["web", "worker@"])
def test_a_service_comes_back_whatever_its_exit_code_and_however_often(kind: str) -> None:
    directives = of_unit(DEPLOY / "systemd" / f"nextnest-{kind}.service")
    assert (directives["Restart"], directives["StartLimitIntervalSec"]) == ("always", "0")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """With a program and a folder that are everywhere in place of ours, which it would miss."""
    copies = []
    for path in UNITS:
        copy = tmp_path / path.name.replace("@.", "@1.")
        text = path.read_text("utf-8").replace("/opt/nextnest/.venv/bin/python", "/bin/sh")
        copy.write_text(text.replace("WorkingDirectory=/opt/nextnest", "WorkingDirectory=/"))
        copies.append(str(copy))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *copies]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in result.stderr.splitlines() if "nextnest" in line]
    assert (result.returncode, ours) == (0, [])


# --- gunicorn -----------------------------------------------------------------------------------------------------------


def test_live_pages_leave_as_many_threads_to_requests_as_a_process_has_connections() -> None:
    streams = Settings.model_fields["nextnest_live_streams"].default
    assert GUNICORN["threads"] - streams >= 8


def test_a_kept_connection_outlives_a_proxys_and_nobodys_headers_are_believed() -> None:
    assert GUNICORN["keepalive"] > 60
    assert GUNICORN["forwarded_allow_ips"] == ""
