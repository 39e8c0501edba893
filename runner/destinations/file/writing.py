"""Files through fsspec: under a name that no other run has, and there as a whole or not at all."""

from __future__ import annotations

import itertools
import posixpath
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from runner.destinations.file.settings import STORAGE_OPTIONS
from runner.destinations.service import Connection, Reply
from runner.errors import ConfigurationError, UnavailableError
from runner.masking import masked
from runner.options import Options, options_of
from runner.transport import NotSentError, UnknownOutcomeError

# A store shows an object when it is whole; a file on a disk is there from its first byte.
RENAMING = ("file", "local", "sftp", "memory")
EXTRAS = {"s3": "s3", "gs": "gcs", "az": "azure", "abfs": "azure", "sftp": "sftp"}
# No repeat mends these.
LASTING = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, ValueError)


class FileTransport:
    """Writes each body into a file of its own in the folder of the connection."""

    headers: Mapping[str, str] = {}

    def __init__(self, connection: Connection) -> None:
        """Nothing is opened yet."""
        self.connection = connection
        self.options: Options = options_of(connection)
        begun = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        self._run = f"{begun}-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._opened: tuple[Any, str] | None = None

    def call(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - files have none
    ) -> Reply:
        """Write a file, or with CHECK one that is removed again; the folder itself must be there.

        Raises NotSentError, UnknownOutcomeError or, where a repeat cannot help, UnavailableError.
        """
        try:
            files, root = self._folder()
            if method == "CHECK":
                self._check(files, root)
                return Reply(status=200, headers={}, body=b"")
            folder, name = posixpath.split(path)
            with self._lock:
                number = next(self._numbers)
            target = f"{root}{folder}/{self._run}-{number:06}-{name}"
            files.makedirs(f"{root}{folder}", exist_ok=True)
            self._write(files, target, body)
        except LASTING as error:
            raise UnavailableError(self._sentence(error), cause="unreachable") from None
        except (OSError, RuntimeError) as error:
            raise NotSentError(self._sentence(error)) from None
        return Reply(status=201, headers={}, body=b"")

    def close(self) -> None:
        """Leave the file system to its own cache."""

    def _folder(self) -> tuple[Any, str]:
        """The file system and the folder in it, opened once."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> tuple[Any, str]:
        scheme = urlsplit(self.connection.url).scheme
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it brings no types

            options = self.connection.options.get(STORAGE_OPTIONS.name) or {}
            files, root = url_to_fs(self.connection.url, **options)
        except ImportError:
            extra = EXTRAS.get(scheme, "file")
            raise ConfigurationError(
                f"{self.connection.name}: {scheme}:// needs a package that is not installed: "
                f"pip install 'tailrace[{extra}]'."
            ) from None
        if scheme in RENAMING and not files.isdir(root):
            raise FileNotFoundError("there is no such folder")
        return files, root.rstrip("/")

    def _write(self, files: Any, target: str, body: bytes) -> None:  # noqa: ANN401 - no types
        if files.exists(target):
            raise ValueError(f"{posixpath.basename(target)} is there already")
        if urlsplit(self.connection.url).scheme not in RENAMING:
            files.pipe_file(target, body)
            return
        folder, name = posixpath.split(target)
        temporary = f"{folder}/.{name}.part"
        try:
            files.pipe_file(temporary, body)
            files.mv(temporary, target)
        except Exception:
            with suppress(Exception):
                files.rm_file(temporary)
            self._doubt(files, target)
            raise

    def _doubt(self, files: Any, target: str) -> None:  # noqa: ANN401 - no types
        """After a failure the file should not be there; whether it is may be unknown too."""
        try:
            there = files.exists(target)
        except Exception:  # noqa: BLE001 - file systems have no common error
            there = True
        if there:
            words = "writing failed, and whether the file is there is unknown"
            raise UnknownOutcomeError(f"{self.connection.name}: {words}.") from None

    def _check(self, files: Any, root: str) -> None:  # noqa: ANN401 - no types
        name = f"{root}/.tailrace-check-{uuid.uuid4().hex}"
        files.pipe_file(name, b"")
        files.rm_file(name)

    def _sentence(self, error: BaseException) -> str:
        words = masked(str(error)).rstrip(".")[:300] or type(error).__name__
        return (
            f"{self.connection.name}: {self.connection.url} cannot be written to ({words}); check "
            "that the folder is there, and who may write in it."
        )
