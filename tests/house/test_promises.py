"""What the README and the repository promise a stranger."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout, so nobody knows which files are the project's")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_first_block_of_the_readme_is_the_run_and_the_test_command() -> None:
    first = re.search(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert first is not None
    run, test = first.group(1).strip().splitlines()
    assert run.endswith("kedro run")
    assert test.endswith("pytest")


def test_ci_calls_the_test_command_of_the_readme() -> None:
    test_command = re.search(r"^.*pytest$", README, re.MULTILINE)
    assert test_command is not None
    assert test_command.group(0) in (ROOT / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+|-r requirements\.txt", line)]
    assert odd == []


def test_telemetry_is_off() -> None:
    assert (ROOT / ".telemetry").read_text().strip() == "consent: false"


def test_no_tracked_file_is_large() -> None:
    assert [path.name for path in tracked_files() if path.stat().st_size > 1_000_000] == []


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []
