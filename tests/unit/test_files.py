"""Files are there as a whole or not at all, and none is written twice."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]  # it brings no types
import pytest
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from runner.connections import connection
from runner.destinations.file import PLATFORM
from runner.destinations.file.writing import FileTransport
from runner.destinations.service import Connection
from runner.errors import ConfigurationError, UnavailableError
from runner.probing import mistake
from runner.transport import NotSentError, UnknownOutcomeError


def _connection(url: str) -> Connection:
    return Connection(name="exports", platform="file", url=url, secrets={}, options={})


def _transport(folder: Path) -> FileTransport:
    return FileTransport(_connection(folder.as_uri()))


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_are_numbered_under_the_name_of_the_run(tmp_path: Path) -> None:
    """They sort in the order of their writing, and another run has other names."""
    first, second = _transport(tmp_path), _transport(tmp_path)
    for transport in (first, first, second):
        assert transport.call("WRITE", "/people/insert.csv", b"a\r\n").status == 201
    names = _names(tmp_path)
    assert len(names) == 3
    assert all(name.startswith("people/2") and name.endswith("-insert.csv") for name in names)
    assert {(tmp_path / name).read_bytes() for name in names} == {b"a\r\n"}


def test_threads_never_share_a_name(tmp_path: Path) -> None:
    """Pages are delivered side by side."""
    transport = _transport(tmp_path)
    threads = [
        threading.Thread(target=transport.call, args=("WRITE", "/people/insert.csv", b"x"))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_names(tmp_path)) == 20


def _failing(name: str, after: Callable[..., Any] | None = None) -> Callable[..., Any]:
    def failed(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as the library has it
        if after:
            after(*arguments, **options)
        raise OSError(f"{name} failed")

    return failed


@pytest.mark.parametrize("step", ["pipe_file", "mv", "makedirs"])
def test_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither half a file nor a temporary one; so a repeat is harmless."""
    whole = LocalFileSystem.pipe_file
    first = whole if step == "pipe_file" else None
    monkeypatch.setattr(LocalFileSystem, step, _failing(step, first))
    with pytest.raises(NotSentError, match=f"cannot be written to \\({step} failed\\)"):
        _transport(tmp_path).call("WRITE", "/people/insert.csv", b"x")
    assert _names(tmp_path) == []


def test_a_failure_after_the_renaming_is_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is there, whatever the file system says."""
    monkeypatch.setattr(LocalFileSystem, "mv", _failing("mv", LocalFileSystem.mv))
    with pytest.raises(UnknownOutcomeError, match="whether the file is there is unknown"):
        _transport(tmp_path).call("WRITE", "/people/insert.csv", b"x")


def test_a_name_that_is_there_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot happen by chance, so no repeat mends it."""
    monkeypatch.setattr(LocalFileSystem, "exists", lambda *_: True)
    with pytest.raises(UnavailableError, match="is there already"):
        _transport(tmp_path).call("WRITE", "/people/insert.csv", b"x")


def test_check(tmp_path: Path) -> None:
    """A folder that is there and may be written to, and nothing left behind."""
    assert mistake(_connection(tmp_path.as_uri()), PLATFORM) is None
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnavailableError, match=r"there is no such folder.*check that the folder"):
        mistake(_connection(f"{tmp_path.as_uri()}/gone"), PLATFORM)


def test_a_package_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:  # noqa: ANN401 - as it is declared there
        if name.startswith(("fsspec", "s3fs")):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    for url, extra in ((tmp_path.as_uri(), "file"), ("s3://bucket/exports", "s3")):
        with pytest.raises(ConfigurationError, match=f"pip install 'tailrace\\[{extra}\\]'"):
            FileTransport(_connection(url)).call("WRITE", "/people/insert.csv", b"x")


def test_a_store_needs_no_renaming(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object is there when it is whole: it is written under its own name at once."""
    memory = fsspec.filesystem("memory")
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda *_, **__: (memory, "/bucket/exports"))
    monkeypatch.setattr(type(memory), "mv", _failing("mv"))
    FileTransport(_connection("s3://bucket/exports")).call("WRITE", "/people/insert.csv", b"x")
    (name,) = memory.find("/bucket/exports")
    assert name.startswith("/bucket/exports/people/")
    memory.rm("/bucket", recursive=True)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("url: https://x.example/y", "must name a folder and begin with one of file://, s3://"),
        ("url: 'file://'", "must name a folder"),
        ("url: sftp://me:pw@host/x", "holds a login or a query: put those into storage_options"),
        ("url: s3://b/x\n  storage_options: {secret: abcdef}", "storage_options.secret is written"),
    ],
)
def test_connections_that_cannot_be(tmp_path: Path, entry: str, words: str) -> None:
    """A folder has a scheme, and its secrets come from the environment."""
    file = tmp_path / "destinations.yml"
    file.write_text(f"exports:\n  platform: file\n  {entry}\n")
    with pytest.raises(ConfigurationError, match=words):
        connection(file, "exports")


def test_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path and options are kept; what is named a secret is one."""
    monkeypatch.setenv("STORE_SECRET", "abcdef-123")
    file = tmp_path / "destinations.yml"
    file.write_text(
        "exports:\n  platform: file\n  url: s3://bucket/exports/\n"
        "  storage_options: {secret: \"{{ env_var('STORE_SECRET') }}\", anon: false}\n"
    )
    found = connection(file, "exports")
    assert found.url == "s3://bucket/exports"
    assert found.options["storage_options"] == {"secret": "abcdef-123", "anon": False}
