"""No secret is in anything that dbt and the runner say, write or store, whatever goes wrong."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from dbt_common.events.event_manager_client import get_event_manager

from runner.cli import main
from runner.commands import push as push_command
from runner.destinations.service import Connection
from runner.masking import MASK
from runner.sandbox import serve_in_thread
from runner.sandbox.braze import PERMISSIONS, Braze, Settings
from tests.support.checked_role import checked_role
from tests.support.destination import Answer, Destination, Request, serving
from tests.support.leaks import leaks, small_percent, stored, written
from tests.support.mailbox import Mailbox, taking_mail
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.project import Project
from tests.support.vault import Vault, keyring_with

# Percent, plus, Jinja, backslash, HTML, SQL; Braze's keys are ASCII without quotes and spaces.
IN_VARIABLE = "Qv7%2B+{{e}}\\n&<zW/=x4Tq"
IN_FILE = "Fj3{%raw%}%41\\u0041+w~&gt;9Lm"
IN_KEYRING = "Kr5--%s;$${#c#}\\\\+?:x/8Hd="
PASSWORD = "Pä9\"w'\\%41+{{ x }} ß漢 :8Yk@n"
PROXY_PASSWORD = "Px2%2F+q'wZ6rT"
HOOK = "Hk8/T0/B1/zQ4%2Bw9Xs"
IN_MAIL = "Ml5\"\\%2B+{{u}}'<x>&=zR9 t"
PLANTED = (IN_VARIABLE, IN_FILE, IN_KEYRING, PASSWORD, PROXY_PASSWORD, HOOK, IN_MAIL)

DESTINATIONS: Mapping[str, str] = {
    "variable": "{{ env_var('PLANTED_KEY') }}",
    "file": "{{ env_var('PLANTED_OTHER') }}",
    "keyring": "{{ keyring('braze', 'planted') }}",
}


@dataclass
class Planted:
    """A project with secrets in the environment, in files and in the keyring, and what it said."""

    shop: Project
    place: Path
    mailbox: Mailbox
    said: dict[str, str] = field(default_factory=dict)

    def destination(self, url: str, key: str, **options: object) -> Path:
        """A destinations file for this address, its key taken from one of the three places."""
        file = self.place / "destinations.yml"
        own = {"platform": "braze", "url": url, "api_key": DESTINATIONS[key], "attempts": 1}
        hook = {"type": "webhook", "url": "{{ env_var('PLANTED_HOOK') }}", "on": ["failed"]}
        login = {"user": "alerts", "password": "{{ env_var('PLANTED_MAIL') }}"}
        server = {"type": "email", "host": "127.0.0.1", "port": self.mailbox.port, "on": ["failed"]}
        mail = server | login | {"to": "team@shop.example", "from": "alerts@shop.example"}
        alerts = {"team": hook, "people": mail}
        given = {"planted": own | {"pause_after": 0} | options, "alerts": alerts}
        file.write_text(yaml.safe_dump(given))
        return file

    def runner(self, command: str, *arguments: str, code: int = 0) -> str:
        """Run a command, keep what it says, and see that it ended as it should."""
        ended, out, err = self.shop.runner(command, *arguments, target="planted")
        name = " ".join([str(len(self.said)), command, *arguments])
        self.said[name] = out + err
        assert ended == code, self.said[name]
        return out + err

    def push(self, url: str, key: str, *arguments: str, code: int = 0) -> str:
        """Push to this address."""
        file = str(self.destination(url, key))
        return self.runner("push", "--destinations", file, *arguments, code=code)

    def check(self, url: str, key: str, code: int = 0) -> str:
        """Check this address."""
        file = str(self.destination(url, key))
        return self.runner("check", "--destinations", file, "--json", code=code)

    def build(self) -> None:
        """Build as `dbt build` does, with its log file at its loudest."""
        outcome = self.shop.dbt(
            *("build", "--select", "+planted", "--log-level-file", "debug"),
            *("--log-path", str(self.shop.folder / "logs")),
            target="planted",
        )
        for logger in get_event_manager().loggers:  # dbt leaves its log open
            for handler in getattr(logger._python_logger, "handlers", []):
                handler.close()
        self.said[f"{len(self.said)} dbt build"] = outcome.text
        assert outcome.success, outcome.text


@pytest.fixture
def planted(
    shop: Project,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Planted]:
    """Plant the secrets, and a target whose login needs one of them."""
    with ExitStack() as stack:
        stack.enter_context(keyring_with(Vault({("braze", "planted"): IN_KEYRING})))
        (tmp_path / "other").write_text(f"{IN_FILE}\n")
        monkeypatch.setenv("PLANTED_KEY", IN_VARIABLE)
        monkeypatch.setenv("PLANTED_OTHER_FILE", str(tmp_path / "other"))
        monkeypatch.setenv("PLANTED_PASSWORD", PASSWORD)
        monkeypatch.setenv("PLANTED_MAIL", IN_MAIL)
        monkeypatch.setenv("PLANTED_HOOK", f"http://127.0.0.1:{free_port()}/{HOOK}")
        file = shop.folder / "profiles.yml"
        before = file.read_text()
        profiles = yaml.safe_load(before)
        output = {**profiles["shop"]["outputs"]["test"], "schema": "planted"}
        template = "{{ env_var('PLANTED_PASSWORD') }}"
        if shop.engine == "postgres":
            names = ("host", "port", "user", "password", "dbname")
            server = Postgres(**{name: output[name] for name in names})
            role = stack.enter_context(checked_role(server, PASSWORD, "superuser"))
            output |= {"user": role.user, "password": template}
        else:
            output |= {"settings": {"http_proxy_password": template}}
        profiles["shop"]["outputs"]["planted"] = output
        file.write_text(yaml.safe_dump(profiles))
        rows = " union all ".join(f"select 'u{number}' as id, 'n' as name" for number in range(3))
        shop.write("models/planted_people.sql", f"select * from ({rows}) as people")
        shop.activation("planted", "ref('planted_people')", destination="planted")
        mailbox = stack.enter_context(taking_mail(Mailbox(login=("alerts", "another"))))
        yield Planted(shop, tmp_path, mailbox)
        file.write_text(before)
        shop.remove("planted", "planted_people")
        shop.execute("drop schema planted cascade")


@dataclass
class Echo(Destination):
    """A destination that takes nothing, and says in its answer which key it was sent."""

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer by the key alone."""
        key = headers["Authorization"].removeprefix("Bearer ")
        sent = Request(number=0, method=method, path=path, headers={"key": key}, body=body)
        self.requests.append(sent)
        return self.behave(sent)


def echoing(status: int, written: Callable[[str], str]) -> Callable[[Request], Answer]:
    """Answer with this status and the key, written in this way."""
    return lambda sent: Answer(status=status, body=written(sent.headers["key"]).encode())


def _json(key: str) -> str:
    return json.dumps({"message": f"the key {key} is no good", "seen": json.dumps(key)})


def _html(key: str) -> str:
    return f"<html><title>{html.escape(key)}</title>{key}</html>"


def _encoded(key: str) -> str:
    login = base64.b64encode(f"user:{key}".encode()).decode()
    return f"{login} {quote(key, safe='')} {small_percent(quote_plus(key))} {key!r} {key!a}"


ANSWERS = {
    "refused": echoing(401, _json),
    "html": echoing(403, _html),
    "html as success": echoing(200, _html),
    "encoded": echoing(500, _encoded),
    "encoded refusal": echoing(409, _encoded),
    "nonsense": echoing(201, lambda key: json.dumps({"message": "success", "errors": key})),
}


def misuse(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that goes wrong without a row being settled."""
    with serving(Echo()) as echo:
        for number, (name, answer) in enumerate(ANSWERS.items()):
            echo.behave = answer
            key = list(DESTINATIONS)[number % 3]
            flags = ["--json"] if number % 2 else ["--verbose"]
            planted.push(echo.url, key, *flags, code=4)
            assert echo.requests, name
            # Its first answers quote the password, then it takes mail.
            if number == 2:
                planted.mailbox.login = ("alerts", IN_MAIL)
        assert any("refuses the login" in text for text in planted.said.values())
        echo.behave = echoing(409, _json)
        assert MASK in planted.check(echo.url, "keyring", code=4)
        planted.push(echo.url, "keyring", "--dry-run")
        planted.push(echo.url, "file", "--dry-run", "--json")
        assert len(echo.requests) <= 2 * len(ANSWERS)
        no_tls = echo.url.replace("http://", "https://")
        assert "TLS failed" in planted.push(no_tls, "variable", code=4)
    nobody = f"127.0.0.1:{free_port()}"
    assert "cannot be reached" in planted.push(f"http://{nobody}", "file", code=4)
    proxy = f"http://user:{quote(PROXY_PASSWORD, safe='')}@{nobody}"
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    assert "cannot be reached" in planted.push("https://rest.invalid", "keyring", code=4)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name)


def crash(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program, told with its traceback, with every secret in its words."""

    def fail(warehouse: Any, *given: Any, **_: object) -> None:  # noqa: ANN401 - as called
        (connection,) = (one for one in given if isinstance(one, Connection))
        held = getattr(warehouse, "_inner", warehouse)._profile.credentials
        words = f"{connection.secrets} {held} {held.get('password')}"
        raise RuntimeError(words) from KeyError(connection.secrets["api_key"])

    file = planted.destination(f"http://127.0.0.1:{free_port()}", "variable")
    folder = str(planted.shop.folder)
    places = ["--project-dir", folder, "--profiles-dir", folder, "--target", "planted"]
    with monkeypatch.context() as patch, redirect_stderr(io.StringIO()) as err:
        patch.setattr(push_command, "push_activation", fail)
        with pytest.raises(SystemExit):
            main(["push", "--destinations", str(file), *places])
    said = err.getvalue()
    assert "Traceback" in said
    assert said.count(MASK) >= 3
    planted.said["crash"] = said


def use(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are refused with the key in the reason, and then a push that ends well."""
    if planted.shop.engine == "postgres":
        # dbt knows variables alone, the runner files too.
        (planted.place / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        monkeypatch.delenv("PLANTED_PASSWORD")
        monkeypatch.setenv("PLANTED_PASSWORD_FILE", str(planted.place / "password"))
    with serving(Echo(behave=echoing(400, _json))) as echo:
        planted.push(echo.url, "file", "--verbose", code=1)
    assert MASK in planted.runner("status")
    planted.runner("status", "--json")
    monkeypatch.setenv("PLANTED_PASSWORD", PASSWORD)
    planted.build()
    keys = {IN_KEYRING: PERMISSIONS}
    with serve_in_thread(Braze(Settings(keys=keys))) as server:
        planted.push(server.url, "keyring", "--verbose")
        planted.check(server.url, "keyring")
        assert len(server.sandbox.state.by_external_id) == 3
    planted.runner("plan", "--show-values")
    planted.runner("plan", "--json")


def test_no_secret_is_told_or_kept(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in output, log, dry run, JSON, traceback, artifact, control table or synced state."""
    planted.build()
    misuse(planted, monkeypatch)
    crash(planted, monkeypatch)
    use(planted, monkeypatch)
    assert leaks(
        PLANTED, {"seen": f"{IN_FILE} {quote(PASSWORD)}"}
    )  # the search finds what is there
    texts = planted.said | dict(stored(planted.shop)) | dict(written(planted.shop.folder))
    mails = [f"{mail}\n{mail.get_content()}" for mail in planted.mailbox.received]
    assert mails
    texts |= {f"mail {number}": text for number, text in enumerate(mails)}
    assert any("dbt.log" in name for name in texts)
    assert sum(MASK in text for text in planted.said.values()) >= 6
    assert not leaks(PLANTED, texts)
