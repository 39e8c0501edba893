"""What an answer that no service reads means: whether to try again, and the sentence for it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from runner.destinations.service import Platform, Reply, Unbelievable
from runner.errors import UnavailableError
from runner.masking import masked
from runner.transport import Transport

UNKNOWN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)
PREVIEWED = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One attempt without a verdict; `wait` in seconds is what the destination asked for.

    `unknown`: its rows may have been taken. `again`: another attempt may help. `limited`: it was
    refused for its rate, so everyone who shares the limit waits.
    """

    cause: UnavailableError
    unknown: bool = False
    again: bool = True
    limited: bool = False
    wait: float = 0.0


def failure_of(
    reply: Reply, place: str, permission: str, transport: Transport, platform: Platform
) -> Failure:
    """Tell what a status means that is neither 2xx nor read by the service.

    `place` is method and path of the request, `permission` what the key needs for it.
    """
    name, status = transport.connection.name, reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure(
            cause=UnavailableError(f"{name} is over its rate limit (429).", cause="rate_limited"),
            limited=True,
            wait=platform.wait_after_429(reply) or 0.0,
        )
    if status in UNKNOWN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        cause = UnavailableError(f"{name} answered {status}.", cause="server_error")
        return Failure(cause=cause, unknown=True)
    return Failure(cause=_refusal(reply, place, permission, transport), again=False)


def nonsense(verdict: Unbelievable, transport: Transport) -> Failure:
    """A success that cannot be believed: nobody knows what was taken."""
    words = masked(verdict.reason).rstrip(".")
    cause = f"{transport.connection.name} gave an answer that makes no sense: {words}."
    return Failure(cause=UnavailableError(cause, cause="nonsense"), unknown=True)


def _refusal(reply: Reply, place: str, permission: str, transport: Transport) -> UnavailableError:
    name, url, status = transport.connection.name, transport.connection.url, reply.status
    words = _words(reply)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return UnavailableError(
            f"{name} refuses the key ({status}{words}): check the key, that it belongs to {url}, "
            f"and that it has the permission {permission}.",
            cause="key_refused",
        )
    if status == HTTPStatus.NOT_FOUND:
        return UnavailableError(
            f"{name} does not know {place} (404): check url {url} in destinations.yml.",
            cause="not_found",
        )
    if status // 100 == 3:  # noqa: PLR2004 - 3xx
        return UnavailableError(
            f"{name} redirects {place} ({status}), which is not followed with a key in hand: put "
            "the final url in destinations.yml.",
            cause="redirect",
        )
    return UnavailableError(
        f"{name} answered {status} to {place}{words}, so the run stopped.", cause="refused"
    )


def _words(reply: Reply) -> str:
    # Masked before it is cut: half a secret is no longer found.
    text = masked(reply.body[:PREVIEWED].decode(errors="replace"))
    return f", {' '.join(text.split())[:200]!r}" if text.strip() else ""
