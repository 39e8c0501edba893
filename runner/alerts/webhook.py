"""Posts a message to a webhook."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from runner.alerts.settings import Webhook
from runner.destinations.access import Probe
from runner.destinations.service import Connection, Platform
from runner.errors import UnavailableError
from runner.masking import masked
from runner.transport import call

SECONDS = 10.0
WORDS = 200
MAX_ANSWER = 256 * 1024
# What the transport asks of a platform: here no more than the type of what is sent.
_ANY = Platform(
    name="webhook",
    title="webhook",
    secrets=(),
    options=(),
    headers=lambda _: {"Content-Type": "application/json"},
    wait_after_429=lambda _: None,
    probe=lambda _: Probe(method="POST", path="", body=b"", explain=lambda _, __: None),
    services=(),
)


class RefusedMessageError(UnavailableError):
    """The webhook answered and did not take this message; it may take another one."""


def post(name: str, webhook: Webhook, body: bytes) -> None:
    """Send one request; UnavailableError says, without the address, why it was not taken."""
    parts = urlsplit(webhook.url)
    host = f"{parts.scheme}://{parts.netloc}"
    connection = Connection(
        name=name,
        platform=_ANY.name,
        url=host,
        secrets={},
        options={"connect_timeout": SECONDS, "read_timeout": SECONDS},
    )
    path = webhook.url.removeprefix(host).partition("#")[0] or "/"
    reply = call(connection, _ANY, "POST", path, body, max_answer=MAX_ANSWER)
    if reply.status // 100 == HTTPStatus.OK // 100:
        return
    words = masked(" ".join(reply.body.decode(errors="replace").split()))[:WORDS]
    raise RefusedMessageError(f"{name}: {host} answered {reply.status} {words}".rstrip(" .") + ".")
