"""The manifests: nobody in particular, nothing written but /tmp, one always running, no restart that mends nothing."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest

from nextnest.database import WEB_BUDGET, WEB_POOL, WORKER_BESIDE_POOL
from nextnest.settings import Settings
from tests.house.deploying import (
    DEPLOY,
    DEPLOYMENTS,
    DOCKERFILE,
    ROOT,
    WORKLOADS,
    container,
    name_of,
    named,
    pod,
)


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_a_pod_is_nobodys_in_particular_and_writes_nothing_but_tmp(workload: dict[str, Any]) -> None:
    rights, inside = pod(workload)["securityContext"], container(workload)["securityContext"]
    assert rights["runAsNonRoot"] is True
    assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
    [user] = re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)
    assert rights["runAsUser"] == int(user)
    assert inside["readOnlyRootFilesystem"] is True
    assert inside["allowPrivilegeEscalation"] is False
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert pod(workload)["automountServiceAccountToken"] is False


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_what_a_pod_mounts_and_reads_exists(workload: dict[str, Any]) -> None:
    volumes = {one["name"]: one for one in pod(workload)["volumes"]}
    mounts = container(workload)["volumeMounts"]
    assert {one["name"] for one in mounts} == set(volumes)
    assert "/tmp" in {one["mountPath"] for one in mounts if not one.get("readOnly")}
    named("ConfigMap", volumes["ca"]["configMap"]["name"])
    for source in container(workload)["envFrom"]:
        [(kind, reference)] = source.items()
        named("ConfigMap" if kind == "configMapRef" else "Secret", reference["name"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_a_pod_says_what_it_needs_and_what_it_may_have_at_most(workload: dict[str, Any]) -> None:
    resources = container(workload)["resources"]
    assert {"cpu", "memory"} == set(resources["requests"])
    assert "memory" in resources["limits"]
    assert "cpu" not in resources["limits"], "throttled, a worker would miss its heartbeats"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_a_release_and_an_emptied_machine_leave_one_running(deployment: dict[str, Any]) -> None:
    spec, name = deployment["spec"], deployment["metadata"]["name"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    budget = named("PodDisruptionBudget", name)["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    assert 1 <= budget["minAvailable"] < spec["replicas"], "or no machine could ever be emptied"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_a_pod_that_hangs_is_noticed_and_one_whose_database_is_away_is_left_alone(
    deployment: dict[str, Any],
) -> None:
    probes = [value for name, value in container(deployment).items() if name.endswith("Probe")]
    assert {"startupProbe", "livenessProbe"} <= set(container(deployment))
    asked = {probe["httpGet"]["path"] for probe in probes if "httpGet" in probe}
    assert asked <= {"/healthz"}, "/readyz is red for reasons that a restart does not mend"


def test_the_service_leads_to_web() -> None:
    service, web = named("Service", "nextnest-web")["spec"], named("Deployment", "nextnest-web")
    assert service["selector"].items() <= web["spec"]["template"]["metadata"]["labels"].items()
    [port] = container(web)["ports"]
    assert service["ports"][0]["targetPort"] == port["name"]
    assert {"name": "PORT", "value": str(port["containerPort"])} in container(web)["env"]


def connections(*, pooled: bool) -> tuple[int, int]:
    """To the database itself, by all pods: in the daily run, and in the moment of a release."""
    gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    a_web = gunicorn["workers"] * (WEB_BUDGET - WEB_POOL * pooled)
    a_worker = Settings.model_fields["nextnest_pool_size"].default + WORKER_BESIDE_POOL
    a_pod = {"nextnest-web": a_web, "nextnest-worker": a_worker}
    daily = sum(a_pod[one["metadata"]["name"]] * one["spec"]["replicas"] for one in DEPLOYMENTS)
    surge = [one["spec"]["strategy"]["rollingUpdate"]["maxSurge"] for one in DEPLOYMENTS]
    assert surge == [1, 1]
    return daily, daily + sum(a_pod.values())


def test_the_connections_of_all_pods_are_counted_as_the_page_says() -> None:
    page = " ".join((DEPLOY / "README.md").read_text("utf-8").split())
    daily, release = connections(pooled=True)
    assert re.search(
        rf"hold at most {daily} \[connections\]\S* to the database itself, and {release} in the", page
    )
    daily, release = connections(pooled=False)
    assert f"Without `WEB_DATABASE_URL` it is {daily} and {release}." in page
    assert "WEB_DATABASE_URL" in named("Secret", "nextnest-web")["stringData"]
