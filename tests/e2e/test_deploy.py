"""What is shipped to run the daemon is checked by the tools of those who will run it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from prometheus_client.samples import Sample

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.overview import Overview, Worker
from monitor.cli import main
from monitor.config.settings import Settings
from tests.e2e.conftest import MONITOR, ROOT
from tests.fakes import NOON

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
MOST_EXPOSURE = 1.5

pytestmark = pytest.mark.e2e


def tool(name: str) -> str:
    """Return a tool beside Python or on the path; skip where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def run(*command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=120, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def names_of_metrics() -> set[str]:
    """Return what /metrics shows once every label was seen."""
    return {sample.name for sample in samples()}


def samples() -> list[Sample]:
    return [sample for family in full_metrics().registry.collect() for sample in family.samples]


def full_metrics() -> Metrics:
    metrics = Metrics()
    for counter in (metrics.polls, metrics.entries, metrics.reads, metrics.articles, metrics.captures):
        counter.labels("x").inc()
    metrics.show(
        Overview({"found": 1}, {}, {"pending": 1}, {"wanted": 1}, {"ok": 1},
                 workers=(Worker("a", "read", "m", 1, "0", NOON, NOON),), troubled={"npr": "failing"})
    )  # fmt: skip
    metrics.show_ready({"database": "ok", "writes": "ok", "schema": "ok"})

    return metrics


# ---------------------------------------------------------------- systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as installed, with this checkout's program, which systemd wants to see."""
    for path in UNITS:
        text = path.read_text().replace("/opt/monitor/.venv/bin/monitor", MONITOR)
        (tmp_path / path.name).write_text(text)
    return tmp_path


def test_systemd_finds_nothing_wrong_with_the_units(units):
    done = run(tool("systemd-analyze"), "verify", *sorted(units.iterdir()))
    assert done.stderr == ""


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_services_are_shut_in(units, path):
    limit = f"--threshold={int(MOST_EXPOSURE * 10)}"
    run(tool("systemd-analyze"), "security", "--offline=yes", limit, units / path.name)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_name_existing_commands_and_settings(path):
    text = path.read_text()
    for name in re.findall(r"MONITOR_([A-Z_]+?)(?:_FILE)?=", text):
        assert name in Settings.model_fields, name
    for command in re.findall(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE):
        words = [word for word in command.split() if not word.startswith("-") and not word.isdigit()]
        helped = CliRunner().invoke(main, [*words, "--help"])
        assert helped.exit_code == 0, helped.output
    if path.suffix == ".timer":
        assert path.with_suffix(".service").exists()


def test_the_daemon_drains_before_systemd_loses_patience():
    from monitor.service import BEAT, DRAIN

    text = (DEPLOY / "systemd" / "monitor.service").read_text()
    assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > DRAIN + 10
    assert int(re.search(r"WatchdogSec=(\d+)", text)[1]) > BEAT * 4


# ---------------------------------------------------------------- container


def test_the_containerfile_is_clean():
    run(tool("hadolint"), DEPLOY / "Containerfile")


def test_what_the_image_copies_is_there():
    for line in (DEPLOY / "Containerfile").read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line:
            for path in [word for word in line.split()[1:-1] if not word.startswith("--")]:
                assert (ROOT / path).exists(), line


def test_the_image_runs_as_a_number_and_starts_without_a_shell():
    text = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["monitor"\]$', text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_compose_runs_roles_that_exist_with_settings_that_exist():
    from monitor.daemon import ROLES

    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        if name == "postgres":
            continue
        assert set(service["command"][2].split(",")) <= set(ROLES)
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        for setting in service["environment"]:
            assert setting.removeprefix("MONITOR_").removesuffix("_FILE") in Settings.model_fields
        assert set(service["secrets"]) <= set(compose["secrets"])


# ---------------------------------------------------------------- Kubernetes

MANIFESTS = [
    path for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) if path.name != "kustomization.yaml"
]


def test_the_manifests_follow_the_schemas():
    """All in one call, which tells the file of a mistake: to load the schemas takes two seconds."""
    run(tool("kubernetes-validate"), "--strict", *MANIFESTS)


def pods() -> list[tuple[str, dict]]:
    documents = [(path.name, one) for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]
    return [
        (name, one["spec"]["template"]["spec"])
        for name, one in documents
        if "template" in one.get("spec", {})
    ]


@pytest.mark.parametrize(("name", "pod"), pods(), ids=[name for name, _ in pods()])
def test_the_pods_are_shut_in_and_drain(name, pod):
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["terminationGracePeriodSeconds"] > 40
    [container] = pod["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    for variable in container["env"]:
        assert variable["name"].removeprefix("MONITOR_").removesuffix("_FILE") in Settings.model_fields


def test_kustomize_names_every_manifest():
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == [path.name for path in MANIFESTS]


# ---------------------------------------------------------------- metrics, alarms, dashboard


def test_prometheus_accepts_the_metrics():
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=full_metrics().render(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_alarms_ring_when_they_should_and_not_else():
    run(tool("promtool"), "check", "rules", DEPLOY / "prometheus" / "alerts.yaml")
    run(tool("promtool"), "test", "rules", DEPLOY / "prometheus" / "alerts.test.yaml")


def rules() -> list[dict]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alarm_is_tried_and_explained():
    tried = (DEPLOY / "prometheus" / "alerts.test.yaml").read_text()
    explained = (ROOT / "docs" / "deploy.md").read_text()
    for rule in rules():
        assert tried.count(rule["alert"]) >= 2, rule["alert"]
        assert f"`{rule['alert']}`" in explained, rule["alert"]


def test_the_alarms_are_tried_on_series_as_the_daemon_shows_them():
    shown = {(one.name, tuple(sorted(one.labels)), one.labels.get("le")) for one in samples()}
    trials = yaml.safe_load((DEPLOY / "prometheus" / "alerts.test.yaml").read_text())["tests"]
    for series in {one["series"] for trial in trials for one in trial["input_series"]}:
        labels = dict(re.findall(r'(\w+)="([^"]*)"', series))
        assert (series.split("{")[0], tuple(sorted(labels)), labels.get("le")) in shown, series


def queries() -> list[tuple[str, str]]:
    board = json.loads((DEPLOY / "grafana" / "monitor.json").read_text())
    panels = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
    return panels + [(rule["alert"], rule["expr"]) for rule in rules()]


@pytest.mark.parametrize(("where", "query"), queries(), ids=[where for where, _ in queries()])
def test_every_query_names_a_metric_that_exists(where, query):
    named = set(re.findall(r"\bmonitor_\w+", query))
    assert named
    assert named <= names_of_metrics()
