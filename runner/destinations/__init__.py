"""The destination platforms: every module or package of this folder that has a `PLATFORM`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from runner.destinations.service import Platform, Service
from runner.errors import ConfigurationError
from runner.hints import nearest

__all__ = ["platforms", "service"]


@cache
def platforms() -> dict[str, Platform]:
    """Every platform by its name; imports all of them."""
    found = (_platform(module) for module in sorted(_modules()))
    return {platform.name: platform for platform in found if platform is not None}


def service(name: str) -> Service:
    """The service of that full name (`braze.users`), importing only the platform it names.

    Raises ConfigurationError, naming the nearest service, when there is none.
    """
    module = name.partition(".")[0]
    platform = _platform(module) if module in _modules() else None
    for candidate in platform.services if platform else ():
        if candidate.name == name:
            return candidate
    known = [each.name for platform in platforms().values() for each in platform.services]
    raise ConfigurationError(f"There is no destination service {name}: {nearest(name, known)}")


def _modules() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


def _platform(module: str) -> Platform | None:
    found = getattr(importlib.import_module(f"{__name__}.{module}"), "PLATFORM", None)
    return found if isinstance(found, Platform) else None
