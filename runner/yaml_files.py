"""YAML files that people write: a mapping at the top, or one sentence on what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from runner.errors import ConfigurationError


def read_mapping(path: Path) -> dict[str, Any]:
    """The file's top mapping; ConfigurationError names the file and the line of a mistake."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except yaml.YAMLError as error:
        # PyYAML's own text quotes the line, which may hold a secret.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise ConfigurationError(
            f"{path} is no valid YAML{where}: check its indentation and quotes; a value with "
            "{{ }} needs quotes around it."
        ) from None
    if not isinstance(found, dict) or not found:
        raise ConfigurationError(f"{path} is empty or no mapping of names.")
    return {str(name): value for name, value in found.items()}
