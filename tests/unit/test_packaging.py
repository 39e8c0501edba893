"""The wheel: what is in it, what it calls itself, and that it starts by itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import runner

# Runs with no site-packages but those of the runtime dependencies: others are refused by name.
BARE = """
import importlib.abc, json, sys
refused, paths, arguments = json.loads(sys.argv[1])

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refuse())
sys.path += paths
sys.argv = ["runner", *arguments]
from runner.cli import main
main()
"""


@pytest.fixture(scope="module")
def wheel(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(build, cwd=project_root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_runner_and_nothing_else(wheel: Path, project_root: Path) -> None:
    """All files of runner/, data files too, and no file of the dbt project or the tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    packaged = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    own = {
        file.relative_to(project_root).as_posix()
        for file in (project_root / "runner").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert packaged == own
    assert "runner/py.typed" in packaged


def test_the_version_is_the_same_everywhere(wheel: Path, project_root: Path) -> None:
    """Wheel, package and the head of the changelog name one version."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    changelog = (project_root / "CHANGELOG.md").read_text()
    head = re.search(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert head
    assert {metadata["Version"], head[1]} == {runner.__version__}
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_readme_goes_along(wheel: Path, project_root: Path, tmp_path: Path) -> None:
    """The page of the package is the README, and who builds from the sources finds it there."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    readme = (project_root / "README.md").read_text()
    assert metadata.get_payload() == readme
    assert metadata["Description-Content-Type"] == "text/markdown"
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(build, cwd=project_root, check=True, capture_output=True)
    (sources,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(sources, tmp_path, filter="data")
    unpacked = tmp_path / sources.name.removesuffix(".tar.gz") / "README.md"
    assert unpacked.read_text() == readme


def test_the_lock_keeps_to_plain_pip(project_root: Path) -> None:
    """The lock pins by name and version alone, and a dbt-core that plain pip installs."""
    lines = (project_root / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert not [
        line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)
    ]
    assert [line for line in pins if re.fullmatch(r"dbt-core==1\.1[01]\.\d+", line)]


def test_the_lock_covers_what_the_project_asks_for(project_root: Path) -> None:
    """Each requirement of the project, its groups and the locked extras is met by its pin."""
    project = tomllib.loads((project_root / "pyproject.toml").read_text())
    pins = {
        canonicalize_name(name): version
        for name, _, version in (
            line.partition("==")
            for line in (project_root / "requirements.lock").read_text().splitlines()
            if not line.startswith("#")
        )
    }
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *(one for name in ("duckdb", "keyring", "postgres", "sandbox") for one in extras[name]),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    requirements = [Requirement(one) for one in wanted if isinstance(one, str)]
    unmet = [
        str(one)
        for one in requirements
        if pins.get(canonicalize_name(one.name), "") not in one.specifier
    ]
    assert not unmet


def _runtime(project_root: Path) -> set[str]:
    """Follow the runtime dependencies to the distributions that a plain install brings."""
    project = tomllib.loads((project_root / "pyproject.toml").read_text())["project"]
    queue = [Requirement(one) for one in project["dependencies"]]
    found: set[str] = set()
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if name in found:
            continue
        found.add(name)
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": one}) for one in extras):
                queue.append(needed)
    return found


def _run_bare(
    wheel: Path, project_root: Path, folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    runtime = _runtime(project_root)
    refused = [
        module
        for module, names in packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & runtime
    ]
    assert "pytest" in refused
    assert "starlette" in refused
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    paths = [str(folder / "installed"), sysconfig.get_path("purelib")]
    parameters = json.dumps([[name for name in refused if name != "runner"], paths, arguments])
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE, parameters],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["services"]])
def test_the_wheel_starts_by_itself(
    wheel: Path, project_root: Path, tmp_path: Path, arguments: list[str]
) -> None:
    """The commands that need no connection work with the runtime dependencies alone."""
    done = _run_bare(wheel, project_root, tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_sandbox_names_its_extra(wheel: Path, project_root: Path, tmp_path: Path) -> None:
    """Without the sandbox's own dependencies a sentence says how to install them."""
    done = _run_bare(wheel, project_root, tmp_path, "sandbox")
    assert done.returncode == 2
    assert "tailrace[sandbox]" in done.stderr
    assert "Traceback" not in done.stderr
