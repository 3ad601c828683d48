"""
Shows that `docker-compose.yml` is valid, whole and safe as it stands.

Valid by the Compose specification's own schema, which check-jsonschema carries; the rest is what a schema cannot say.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SPECIFICATION: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = SPECIFICATION["services"]

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def validate(file: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)


def is_one_shot(service: dict[str, Any]) -> bool:
    return bool(service["restart"] == "no")


def list_variables() -> list[str]:
    return sorted({name for service in SERVICES.values() for name in service.get("environment", {})})


def test_the_file_follows_the_compose_specification() -> None:
    report = validate(COMPOSE)
    assert report.returncode == 0, report.stdout


def test_a_misspelled_key_does_not_follow_it(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text(encoding="utf-8").replace("healthcheck:", "helthcheck:"), encoding="utf-8")
    report = validate(broken)
    assert report.returncode == 1
    assert "helthcheck" in report.stdout


@every_service
def test_a_service_tells_whether_it_is_healthy_or_ends(service: dict[str, Any]) -> None:
    assert is_one_shot(service) or service["healthcheck"]["test"][0] == "CMD"


@every_service
def test_a_service_comes_back_by_itself_or_ends(service: dict[str, Any]) -> None:
    assert is_one_shot(service) or service["restart"] in {"always", "unless-stopped"}


@every_service
def test_a_service_has_no_more_rights_than_it_needs(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "build" in service or re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])  # our image sets its own


@every_service
def test_an_image_is_pinned_to_a_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9/-]+:v?\d+(\.\d+)+(-[a-z]+)?", service["image"])


def test_our_image_is_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert SERVICES["service"]["image"] == f"pencil-in:{version[1]}"


@every_service
def test_a_service_waits_for_services_in_a_state_they_reach(service: dict[str, Any]) -> None:
    for name, wait in service.get("depends_on", {}).items():
        ends = is_one_shot(SERVICES[name])
        assert wait["condition"] == ("service_completed_successfully" if ends else "service_healthy")


@pytest.mark.parametrize("kind", ["volumes", "secrets", "configs"])
def test_what_services_name_is_declared_and_nothing_more(kind: str) -> None:
    named = {
        each["source"] if isinstance(each, dict) else each.partition(":")[0]
        for service in SERVICES.values()
        for each in service.get(kind, [])
    }
    assert named == set(SPECIFICATION[kind])


def test_only_the_service_is_reachable_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"service": ["127.0.0.1:8000:8000"]}


def test_every_secret_is_a_file_that_git_ignores() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert all(secret["file"].startswith("./secrets/") for secret in SPECIFICATION["secrets"].values())


@pytest.mark.parametrize("variable", [name for name in list_variables() if re.search("PASSWORD|KEY|URL|SECRET", name)])
def test_a_secret_is_never_given_in_the_environment(variable: str) -> None:
    assert variable.endswith("_FILE") or variable == "PENCILIN_PUBLIC_URL"


@every_service
def test_a_file_given_as_a_setting_is_a_secret_of_that_service(service: dict[str, Any]) -> None:
    files = {value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")}
    assert files <= {f"/run/secrets/{name}" for name in service.get("secrets", [])}


@pytest.mark.parametrize("variable", [name for name in list_variables() if name.startswith("PENCILIN_")])
def test_a_variable_is_a_setting_of_the_service(variable: str) -> None:
    assert variable.removeprefix("PENCILIN_").removesuffix("_FILE").lower() in Settings.model_fields
