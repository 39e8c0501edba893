"""Write docs/catalogue.md, the catalogue of destination services, from their declarations.

Run it with `make docs`; a test fails while the page differs from what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.destinations import platforms
from runner.destinations.service import Platform, Service, Setting
from runner.options import OPTIONS

PAGE = Path(__file__).parents[1] / "docs" / "catalogue.md"

INTRODUCTION = """\
# Catalogue

What can be activated where. This page is written by `make docs` from the declarations of the
destination services; `runner services` shows the same on a terminal. Nothing here has been tried
against a live account: requests are held against written situations, those to Braze, Criteo and
Iterable against the vendor's own API description, and those to Batch, Braze, Dotdigital and Voyado
against a strict stand-in. What the vendor's documentation leaves open is listed under
*unconfirmed*, with what is done until someone knows better."""

CONNECTION = """\
An entry of `destinations.yml` has a `platform`, a `url` ({url}), the secrets of the platform, and
these options:"""
HOST = "the host alone, with `https://`; `http://` is for this machine only"


def page() -> str:
    """Render the whole page."""
    parts = [INTRODUCTION]
    for platform in platforms().values():
        parts += _platform(platform)
    return "\n\n".join(parts) + "\n"


def _platform(platform: Platform) -> Iterator[str]:
    yield f"## {platform.title}"
    folder = " or ".join(f"`{scheme}://`" for scheme in platform.schemes)
    url = f"a folder, with {folder}" if folder else HOST
    yield f"{_secrets(platform)} {CONNECTION.format(url=url)}".lstrip()
    yield _settings("option", (*platform.options, *OPTIONS))
    for service in platform.services:
        yield from _service(service)


def _secrets(platform: Platform) -> str:
    kinds = {"Secrets": platform.secrets, "Secrets that may be left out": platform.optional_secrets}
    return " ".join(f"{kind}: {_code(names)}." for kind, names in kinds.items() if names)


def _service(service: Service) -> Iterator[str]:
    yield f"### {service.name}"
    yield service.description
    yield _table(("sync mode", "what it does"), _named(service.sync_modes.items()))
    yield _table(("identifier", "what it is"), _named(service.identifiers.items()))
    if service.required_attributes:
        yield f"Required attributes: {_code(service.required_attributes)}."
    yield _settings("setting", service.settings)
    facts = [
        f"- **Rows that leave:** {service.leavers}",
        f"- **Limits:** {service.limits}",
        f"- **Permissions of the key:** {_code(service.permissions)}",
        "- **A repeat** is harmless."
        if service.repeatable
        else "- **A repeat** counts twice: see [events in doubt](runner.md#events-in-doubt).",
    ]
    yield "\n".join(facts)
    if service.unconfirmed:
        yield "Unconfirmed:"
        yield "\n".join(f"- {remark}" for remark in service.unconfirmed)


def _settings(title: str, settings: Iterable[Setting]) -> str:
    rows = [
        (f"`{setting.name}`", _default(setting), _cell(setting.description)) for setting in settings
    ]
    return _table((title, "default", "meaning"), rows)


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    return "none" if setting.default is None else f"`{json.dumps(setting.default)}`"


def _named(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"`{name}`", _cell(text)) for name, text in items]


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
