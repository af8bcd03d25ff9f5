"""The files that deploy it, parsed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SANDBOX = yaml.safe_load((DEPLOY / "compose.sandbox.yaml").read_text("utf-8"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
KUBERNETES: list[dict[str, Any]] = [
    one
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for one in yaml.safe_load_all(path.read_text("utf-8"))
]
WORKLOADS = [one for one in KUBERNETES if one["kind"] in {"Deployment", "Job"}]
DEPLOYMENTS = [one for one in WORKLOADS if one["kind"] == "Deployment"]


def named(kind: str, name: str) -> dict[str, Any]:
    [one] = [one for one in KUBERNETES if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return one


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def container(workload: dict[str, Any]) -> dict[str, Any]:
    [one] = pod(workload)["containers"]
    assert isinstance(one, dict)
    return one


def of_unit(path: Path) -> dict[str, str]:
    """The directives of a unit; of one that stands more than once, the last."""
    lines = [line for line in path.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line)]
    return dict(line.split("=", 1) for line in lines)


def name_of(one: dict[str, Any]) -> str:
    return f"{one['kind']}-{one['metadata']['name']}"
