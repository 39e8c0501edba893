"""Promises of the mask over secrets."""

from __future__ import annotations

import base64
import html
import io
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import masking
from runner.circuit import counted
from runner.cli import cli
from runner.masking import MASK, MaskedStream, masked, masker, names_secret, register
from runner.report import RunResult
from runner.runs import finish_run, start_run
from runner.warehouse import connect
from runner.watermarks import settle
from tests.support.warehouses import (
    SCHEMA,
    all_rows,
    built,
    create_control_tables,
    duckdb_profile,
    refused,
)

secrets = st.text(min_size=4, max_size=30).filter(lambda text: not set(text) & set("*<>"))


@given(secret=secrets)
def test_a_secret_is_masked_in_every_form_it_may_be_echoed_in(secret: str) -> None:
    """Plain, as JSON, HTML, SQL and Python text, percent-encoded and in base64, once or twice."""
    mask = masker([secret])
    in_json, code = json.dumps(secret), base64.b64encode(secret.encode()).decode()
    forms = (
        *(secret, in_json[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]),
        *(json.dumps(in_json)[3:-3], in_json[1:-1].replace("/", "\\/")),
        *(quote(secret), quote(secret, safe=""), quote_plus(secret), quote(quote(secret))),
        *(html.escape(secret), html.escape(html.escape(secret)), secret.replace("'", "''")),
        *(ascii(secret)[1:-1], repr(secret.encode())[2:-1]),
        *(code, code.replace("+", "-").replace("/", "_"), quote(code)),
    )
    for form in forms:
        assert mask(f"<{form}>") == f"<{MASK}>"


@given(secret=secrets, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_within_base64_is_masked(secret: str, before: bytes, after: bytes) -> None:
    """A login of user and password is shifted by what stands before the password."""
    secret = secret.ljust(6, "x")
    code = base64.b64encode(before + secret.encode() + after).decode()
    shown = masker([secret])(code)
    assert MASK in shown
    assert len(shown) <= len(code) - len(secret.encode()) + len(MASK)


def test_the_longer_of_two_secrets_goes_first() -> None:
    """A secret that begins with another one leaves no tail."""
    assert masker(["abcd", "abcdef"])("key abcdef, key abcd") == f"key {MASK}, key {MASK}"


def test_a_line_of_a_long_secret_is_masked() -> None:
    """A driver that quotes one line of a private key gives none of it away."""
    key = "-----BEGIN-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END-----\n"
    assert masker([key])("bad line 'kqhkiG9w0BAQEF'") == f"bad line '{MASK}'"
    assert masker([key])(f"key {key}.") == f"key {MASK}."


@pytest.mark.parametrize("secret", ["", "a", "is", "the", "   ", "\n\n\n\n\n"])
def test_a_secret_that_stands_in_every_text_masks_nothing(secret: str) -> None:
    """No text is broken up by a secret that is not set, blank, or shorter than four letters."""
    text = "this is the end of a\n\n\n\n\nline"
    register(secret)
    assert masked(text) == text


def test_what_is_registered_is_masked_from_then_on() -> None:
    """The process knows the secrets of all its connections at once."""
    register("hunter2", "swordfish")
    register("hunter2")
    assert masked("hunter2 swordfish") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("BRAZE_API_KEY", True),
        ("DBT_ENV_SECRET_X", True),
        ("PGPASSWORD", True),
        ("private_key", True),
        ("motherduck_token", True),
        ("private_key_path", False),
        ("keyfile", False),
        ("token_uri", False),
        ("private_key_id", False),
        ("host", False),
    ],
)
def test_secrets_are_told_by_their_names(name: str, secret: bool) -> None:
    """What only leads to a secret, such as a path, may be shown."""
    assert names_secret(name) is secret


def test_no_command_takes_a_secret() -> None:
    """Who lists processes reads arguments; the key of `forget` is a row's, and stdin takes it."""
    taken = {
        f"{name} {parameter.name}"
        for name, command in cli.commands.items()
        for parameter in command.params
        if names_secret(parameter.name or "")
    }
    assert taken == {"forget keys"}


def test_a_stream_masks_all_that_is_written() -> None:
    """Nobody writes around it, not even into its buffer, and bytes are refused as by any text."""
    register('se"cret')
    below = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream = MaskedStream(below)
    assert stream.write('a se"cret é\n') == len('a se"cret é\n')
    stream.flush()
    assert below.buffer.getvalue() == b"a *** \\xe9\n"
    assert not hasattr(stream, "buffer")
    assert (stream.encoding, stream.isatty(), stream.writable()) == ("ascii", False, True)
    with pytest.raises(TypeError):
        stream.write(b"")  # type: ignore[arg-type] # as click does to find out


def test_what_is_stored_is_masked(tmp_path: Path) -> None:
    """Whoever hands a vendor's words to a control table need not think of secrets."""
    register("hunter2-key")
    words = "it said hunter2-key"
    with closing(connect(duckdb_profile(tmp_path))) as warehouse:
        create_control_tables(warehouse)
        registration = built(warehouse)
        place = (warehouse, SCHEMA, registration, "run-1")
        settle(*place, 0, 5, [refused(2, words)])
        start_run(*place)
        failed = RunResult(status="failed", cause="refused_key", message=words)
        finish_run(*place, failed)
        counted(warehouse, SCHEMA, registration, failed, 5)
        stored = [
            *all_rows(warehouse, "tailrace_rejected_rows", "reason"),
            *all_rows(warehouse, "tailrace_runs", "message"),
            *all_rows(warehouse, "tailrace_circuits", "reason"),
        ]
    assert stored == [(f"it said {MASK}",)] * 3


def test_output_is_masked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call leaves the streams as they are."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    masking.mask_output()
    streams = (sys.stdout, sys.stderr)
    assert all(isinstance(stream, MaskedStream) for stream in streams)
    masking.mask_output()
    assert (sys.stdout, sys.stderr) == streams


def test_a_traceback_is_masked() -> None:
    """What Python itself writes when a program breaks passes the mask too, from threads as well."""
    program = (
        "import threading\nfrom runner.masking import *\nregister('hunter2' + '-key')\n"
        "mask_output()\ndef fail(): raise ValueError('no hunter2' + '-key here')\n"
        "thread = threading.Thread(target=fail)\nthread.start()\nthread.join()\nfail()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count(f"ValueError: no {MASK} here") == 2
    assert "hunter2-key" not in done.stderr
