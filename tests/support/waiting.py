"""What a test project overrides, so that no build waits half a minute for a runner that died."""

from __future__ import annotations

from pathlib import Path


def wait_shortly(folder: Path, project: str, seconds: float) -> list[dict[str, object]]:
    """Override the package's macro in a project's folder; return the project's `dispatch`."""
    (folder / "macros").mkdir(parents=True, exist_ok=True)
    (folder / "macros" / "wait.sql").write_text(
        "{% macro postgres__wait(seconds) -%}"
        f"{{%- do run_query('select pg_sleep({seconds})') -%}}"
        "{%- endmacro %}\n"
        "{% macro snowflake__wait(seconds) -%}{%- endmacro %}\n"
        "{% macro redshift__wait(seconds) -%}{%- endmacro %}\n"
    )
    return [{"macro_namespace": "tailrace", "search_order": [project, "tailrace"]}]
