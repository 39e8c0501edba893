"""A private PostgreSQL server for one test run: found, started, and stopped whatever happens."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MISSING = (
    "No PostgreSQL server program (initdb, pg_ctl) was found in PATH or /usr/lib/postgresql: "
    "install one, for example with `apt-get install postgresql` or `brew install postgresql`, "
    "and the tests start a private server by themselves."
)
Command = list[str | Path]
INSTALLED = Path("/usr/lib/postgresql")  # where Debian puts the programs, outside of PATH
CHECKED = "checked"  # the passwords of this role's members are asked for, no others
ATTEMPTS = 5  # another program may take the free port between its choice and the start


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """Where a database is; the fields are also the arguments of `psycopg2.connect`."""

    host: str
    port: int
    user: str
    password: str
    dbname: str


def server_programs() -> Path | None:
    """Find the folder of the newest initdb and pg_ctl, PATH first; None where there is none."""
    found = shutil.which("initdb")
    if found and (Path(found).parent / "pg_ctl").exists():
        return Path(found).parent
    folders = sorted(
        INSTALLED.glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
    )
    complete = [folder for folder in folders if (folder / "initdb").exists()]
    return complete[-1] if complete else None


def start(programs: Path, owner: int) -> Postgres:
    """Start a server that lives no longer than the process `owner`."""
    home = Path(tempfile.mkdtemp(prefix="tailrace-postgres-"))
    identity = _identity()
    if identity:
        os.chown(home, identity["user"], identity["group"])
    subprocess.run(
        [sys.executable, __file__, str(owner), str(programs), str(home)],
        check=True,
        start_new_session=True,  # an interrupt from the keyboard is the owner's
    )
    locale = "C.UTF-8" if sys.platform == "linux" else "C"
    initdb: Command = [programs / "initdb", "-D", home / "data", "-U", "tailrace", "--auth=trust"]
    _run([*initdb, "--encoding=UTF8", f"--locale={locale}", "--no-sync"], home)
    rules = home / "data" / "pg_hba.conf"
    rules.write_text(f"host all +{CHECKED} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    port = _listen(programs, home)
    return Postgres(
        host="127.0.0.1", port=port, user="tailrace", password="unchecked", dbname="postgres"
    )


def shared(programs: Path, run_folder: Path, owner: int) -> Postgres:
    """Give every worker of a run the same server, started by the first that asks."""
    import fcntl

    note = run_folder / "postgres.json"
    with (run_folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(asdict(start(programs, owner))))
        return Postgres(**json.loads(note.read_text()))


def _listen(programs: Path, home: Path, attempts: int = ATTEMPTS) -> int:
    port = _free_port()
    try:
        _run(_pg_ctl(programs, home, "-l", home / "log", "-o", _options(port), "start"), home)
    except RuntimeError:
        if attempts == 1:
            raise
        return _listen(programs, home, attempts - 1)
    return port


def _options(port: int) -> str:
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        # A zone that nobody's clock has by accident: local time taken for UTC shows at once.
        "timezone": "Asia/Kathmandu",
    }
    return " ".join(f"-c {name}='{value}'" for name, value in settings.items())


def _pg_ctl(programs: Path, home: Path, *arguments: str | Path) -> Command:
    return [programs / "pg_ctl", "-D", home / "data", "-w", *arguments]


def _identity() -> dict[str, Any]:
    """Name the user to become: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(command: Command, home: Path) -> None:
    with (home / "output").open("w+") as output:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        done = subprocess.run(
            command,
            check=False,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_identity(),
        )
        if done.returncode:
            output.seek(0)
            log = (home / "log").read_text() if (home / "log").exists() else ""
            message = f"{command[0]} failed.\n{output.read()}{log}"
            raise RuntimeError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stop_after(owner: int, programs: Path, home: Path) -> None:
    """Wait in the background for the end of the run, a killed one too; leave nothing behind."""
    if os.fork():
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # whoever reads the run's output must not wait for this process too
        os.dup2(nowhere, stream)
    while _alive(owner):
        time.sleep(0.5)
    if (home / "data" / "postmaster.pid").exists():
        _run(_pg_ctl(programs, home, "-m", "immediate", "stop"), home)
    shutil.rmtree(home)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")  # a dead process whose parent is gone may stay listed
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    _stop_after(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
