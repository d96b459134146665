"""The files of ``docs/how-to/deploy`` name nothing that the code does not have; containers cannot be run here."""

import configparser
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kedro.framework.cli.cli import KedroCLI

from evergreen.cli import serve
from evergreen.prediction_log.place import log_url
from evergreen.serve_command import API_KEY, service_spec
from evergreen.serving import open_inference, routes
from evergreen.serving.params import ServingParams
from tests.hooks.tiny_project import tiny_project

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "how-to" / "deploy"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
CONFIG_MAP, DEPLOYMENT, SERVICE = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
LAYERS = {
    "file": yaml.safe_load((FOLDER / "parameters_serving.yml").read_text()),
    "config map": yaml.safe_load(CONFIG_MAP["data"]["parameters_serving.yml"]),
}
# What is not evergreen's own: of libpq, OpenMP, Python, the image of PostgreSQL, and tools that count users.
OTHERS = {"PGPASSWORD", "OMP_WAIT_POLICY", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "DO_NOT_TRACK"}
OTHERS |= {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
PATHS = {path for path, _, _ in (*routes.ROUTES, *open_inference.ROUTES)}


def unit() -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string((FOLDER / "evergreen.service").read_text())
    return found


def told_commands() -> dict[str, Sequence[str]]:
    """Every command line, without what starts ``kedro serve``."""
    entry, default = re.findall(r"^(?:ENTRYPOINT|CMD) (.*)$", CONTAINERFILE, re.MULTILINE)
    assert json.loads(entry) == ["kedro", "serve"]
    program, command, *options = shlex.split(unit()["Service"]["ExecStart"])
    assert (Path(program).name, command) == ("kedro", "serve")
    return {
        "image": json.loads(default),
        "unit": options,
        "compose": COMPOSE["services"]["service"]["command"],
        "kubernetes": CONTAINER["args"],
    }


@pytest.mark.parametrize("kind", told_commands())
def test_options_are_those_of_the_command(kind: str) -> None:
    context = serve.make_context("serve", list(told_commands()[kind]), resilient_parsing=False)
    assert context.params["port"] in (None, 8000)


def test_the_manifests_keep_the_schema_of_kubernetes_and_a_fault_is_seen() -> None:
    for one in (CONFIG_MAP, DEPLOYMENT, SERVICE):
        kubernetes_validate.validate(one, "1.37", strict=True)
    broken = deepcopy(DEPLOYMENT)
    broken["spec"]["template"]["spec"]["containers"][0]["readinessProb"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.37", strict=True)


def test_probes_and_scrapes_ask_for_what_is_served() -> None:
    probes = [CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    scrape = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"][0]
    told = " ".join(COMPOSE["services"]["service"]["healthcheck"]["test"])
    health = re.search(r"http://127\.0\.0\.1:8000(/[\w/]+)", told)
    assert health is not None
    annotations = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    asked = [probe["path"] for probe in probes]
    asked += [scrape["metrics_path"], health.group(1), annotations["prometheus.io/path"]]
    assert set(asked) <= PATHS
    assert {probe["port"] for probe in probes} == {"http"} == {SERVICE["spec"]["ports"][0]["targetPort"]}


def test_ports_are_the_one_that_is_listened_on() -> None:
    annotations = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    scrape = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"][0]
    named, _, port = scrape["static_configs"][0]["targets"][0].partition(":")
    assert named in COMPOSE["services"]
    ports = {int(port), int(annotations["prometheus.io/port"]), CONTAINER["ports"][0]["containerPort"]}
    ports |= {int(one.rpartition(":")[2]) for one in COMPOSE["services"]["service"]["ports"]}
    ports |= {int(one) for one in re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.MULTILINE)}
    ports |= {one["serving"]["port"] for one in LAYERS.values()}
    assert ports == {8000}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_layer_is_read_as_an_environment(layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = "champion:\n  type: evergreen.datasets.champion_dataset.ChampionDataset\n  path: data/06_models/tiny\n"
    with tiny_project(tmp_path, monkeypatch) as project:
        project.write("conf/base/catalog_deployment.yml", catalog)
        project.write("conf/base/globals.yml", "case: tiny\ndata: data\n")
        project.write("conf/service/parameters_serving.yml", yaml.safe_dump(LAYERS[layer]))
        spec = service_spec(KedroCLI(project.path)._metadata, "service", {})
    assert (spec.params.host, spec.log) == ("0.0.0.0", LAYERS[layer]["serving"]["log"])  # noqa: S104


def test_whoever_stops_the_service_waits_for_it() -> None:
    (file, config_map) = (ServingParams.model_validate(one["serving"]) for one in LAYERS.values())
    assert POD["terminationGracePeriodSeconds"] > config_map.drain_seconds + config_map.stop_seconds
    told = COMPOSE["services"]["service"]["stop_grace_period"]
    assert int(told.removesuffix("s")) > file.drain_seconds + file.stop_seconds
    plain = ServingParams()
    # What looks after workers gives them five seconds more.
    assert int(unit()["Service"]["TimeoutStopSec"]) > plain.drain_seconds + plain.stop_seconds + 5


def test_environment_variables_are_known() -> None:
    found = set(re.findall(r"(\w+)=", "\n".join(re.findall(r"^ENV (.*)$", CONTAINERFILE, re.MULTILINE))))
    found |= {one["name"] for one in CONTAINER["env"]} | set(COMPOSE["services"]["service"]["environment"])
    found |= set(COMPOSE["services"]["log"]["environment"])
    found |= set(re.findall(r"(\w+)=", unit()["Service"]["Environment"]))
    assert API_KEY in found
    assert found - {API_KEY} <= OTHERS
    assert API_KEY in (FOLDER / "evergreen.service").read_text()


def test_the_server_of_the_log_takes_its_password_from_the_environment() -> None:
    pq = pytest.importorskip("psycopg.pq")
    assert b"PGPASSWORD" in {one.envvar for one in pq.Conninfo.get_defaults()}


def test_paths_are_there() -> None:
    copied = [path for line in re.findall(r"^COPY (.*) \S+$", CONTAINERFILE, re.MULTILINE) for path in line.split()]
    service = COMPOSE["services"]["service"]
    mounted = [one.split(":")[0] for one in service["volumes"]]
    places = [ROOT / one for one in copied] + [FOLDER / one for one in mounted]
    places += [FOLDER / service["build"]["context"] / service["build"]["dockerfile"]]
    assert [str(one) for one in places if not one.exists()] == []
    log = Path(log_url(None, data=Path("/srv/evergreen/data"), case="x").removeprefix("sqlite:///"))
    assert Path(unit()["Service"]["ReadWritePaths"]) in log.parents


def test_the_driver_of_the_log_is_the_one_of_the_project() -> None:
    (told,) = re.findall(r'"(psycopg\[binary\][^"]*)"', CONTAINERFILE)
    assert f'"{told}"' in (ROOT / "pyproject.toml").read_text()


def secrets() -> Iterator[Any]:
    yield from (one["value"] for one in CONTAINER["env"] if "value" in one)
    yield from (one for one in COMPOSE["services"]["service"]["environment"].values() if not one.startswith("${"))


def test_no_secret_is_written_down() -> None:
    assert [*secrets()] == []
    assert all(":" not in one["serving"]["log"].split("@")[0].split("//")[1] for one in LAYERS.values())
