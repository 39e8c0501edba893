"""profiles.yml is found and rendered as dbt does it, without dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import ConfigurationError
from runner.masking import masked
from runner.profiles import load

PROFILES = """
config: {send_anonymous_usage_stats: false}
shop:
  target: "{{ env_var('SHOP_TARGET', 'dev') }}"
  outputs:
    dev: {type: duckdb, path: dev.duckdb}
    prod:
      type: postgres
      host: "{{ env_var('SHOP_HOST') }}"
      port: "{{ env_var('SHOP_PORT', '5433') | as_number }}"
      keepalives: "{{ 'true' | as_bool }}"
      list: "{{ '[1, 2]' | as_native }}"
      user: "user_{{ env_var('SHOP_USER', 'x') }}"
      password: "{{ not jinja"
      token: "{{ env_var('SHOP_TOKEN', 'tok-0123456789') }}"
      dbname: shop
      schema: marketing
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder without a project, with a home of its own and no variables of dbt."""
    for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_PROFILE", "DBT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def write(path: Path, text: str) -> None:
    """Write a file in a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_values_are_rendered_with_their_types(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """env_var and dbt's filters work; a password that is no template stays as it is."""
    write(folder / "work" / "profiles.yml", PROFILES)
    monkeypatch.setenv("SHOP_HOST", "db.example.com")
    profile = load(target="prod")
    assert (profile.name, profile.target, profile.type) == ("shop", "prod", "postgres")
    assert (profile.database, profile.schema) == ("shop", "marketing")
    expected = {
        "host": "db.example.com",
        "port": 5433,
        "keepalives": True,
        "list": [1, 2],
        "user": "user_x",
        "password": "{{ not jinja",
    }
    assert expected.items() <= profile.credentials.items()


def test_only_the_chosen_target_is_rendered(folder: Path) -> None:
    """Another target's missing variable stops nothing; one's own is named with its key."""
    write(folder / "work" / "profiles.yml", PROFILES)
    assert load().target == "dev"
    with pytest.raises(ConfigurationError, match=r"prod of profile shop.*SHOP_HOST for `host`"):
        load(target="prod")


def test_the_target_is_chosen_as_by_dbt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over DBT_TARGET, that over the profile's own default."""
    write(folder / "work" / "profiles.yml", PROFILES)
    monkeypatch.setenv("SHOP_HOST", "h")
    monkeypatch.setenv("SHOP_TARGET", "prod")
    assert load().target == "prod"
    monkeypatch.setenv("DBT_TARGET", "dev")
    assert load().target == "dev"
    assert load(target="prod").target == "prod"


def test_the_profile_is_chosen_as_by_dbt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over DBT_PROFILE, that over the project; without any, the only one is."""
    both = PROFILES + "other: {target: t, outputs: {t: {type: duckdb, path: x, schema: s}}}\n"
    write(folder / "work" / "profiles.yml", both)
    with pytest.raises(ConfigurationError, match="shop, other with --profile"):
        load()
    write(folder / "work" / "dbt_project.yml", "{name: p, profile: other}")
    assert load().name == "other"
    monkeypatch.setenv("DBT_PROFILE", "shop")
    assert load().name == "shop"
    assert load(profile="other").name == "other"


def test_profiles_are_looked_for_as_by_dbt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins, then DBT_PROFILES_DIR, the project, this folder, and ~/.dbt."""

    def place(name: str) -> Path:
        write(folder / name / "profiles.yml", PROFILES.replace("schema: s", f"schema: {name}"))
        return folder / name

    home = place("home/.dbt")
    assert load().profiles_dir == home
    work = place("work")
    assert load().profiles_dir == work
    project = place("project")
    write(project / "dbt_project.yml", "{name: p, profile: shop}")
    assert load(project_dir=project).profiles_dir == project
    variable, option = place("variable"), place("option")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(variable))
    assert load(project_dir=project).profiles_dir == variable
    assert load(project_dir=project, profiles_dir=option).profiles_dir == option


def test_a_project_above_this_folder_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner may be started in a folder inside of the project."""
    write(folder / "work" / "dbt_project.yml", "{name: p, profile: shop}")
    write(folder / "work" / "profiles.yml", PROFILES)
    (folder / "work" / "models").mkdir()
    monkeypatch.chdir(folder / "work" / "models")
    assert load().project_dir == folder / "work"


@pytest.mark.parametrize(
    "variables",
    ["{tailrace_schema: control}", "{tailrace: {tailrace_schema: control}}"],
)
def test_the_projects_control_schema_is_known(folder: Path, variables: str) -> None:
    """The var that moves the control tables for dbt moves them for the runner too."""
    write(folder / "work" / "profiles.yml", PROFILES)
    assert load().control_schema is None
    write(folder / "work" / "dbt_project.yml", f"{{name: p, profile: shop, vars: {variables}}}")
    assert load().control_schema == "control"


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("shop: {outputs: {dev: {type: duckdb}}}", {"profile": "shpo"}, "did you mean shop"),
        (PROFILES, {"target": "prd"}, "did you mean prod"),
        ("shop: [", {}, "no valid YAML"),
        ("", {}, "is empty"),
        ("shop: 3", {}, "has no `outputs`"),
        ("shop: {outputs: {default: {path: x}}}", {}, "has no `type`"),
        ("shop: {outputs: {default: {type: postgres}}}", {}, "has no `schema`"),
        ("shop: {outputs: {default: {type: \"{{ var('x') }}\"}}}", {}, "`type` cannot be rendered"),
        ("shop: {outputs: {default: {type: \"{{ 'a' | as_number }}\"}}}", {}, "a filter"),
    ],
)
def test_mistakes_are_explained(
    folder: Path, text: str, options: dict[str, str], sentence: str
) -> None:
    """Every mistake in the files is one sentence."""
    write(folder / "work" / "profiles.yml", text)
    with pytest.raises(ConfigurationError, match=sentence):
        load(profile=options.get("profile"), target=options.get("target"))


def test_missing_files_are_explained(folder: Path) -> None:
    """What is not there is named with the option that names it."""
    with pytest.raises(ConfigurationError, match=r"No profiles\.yml was found.*--profiles-dir"):
        load()
    with pytest.raises(ConfigurationError, match="--profiles-dir"):
        load(profiles_dir=folder)
    with pytest.raises(ConfigurationError, match=r"dbt_project\.yml cannot be read"):
        load(project_dir=folder)


def test_secrets_do_not_show(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret is in a profile's repr, and from its loading on each is masked."""
    write(folder / "work" / "profiles.yml", PROFILES)
    monkeypatch.setenv("SHOP_HOST", "h")
    profile = load(target="prod")
    assert "tok-0123456789" not in repr(profile)
    assert masked("bad token tok-0123456789!") == "bad token ***!"
    assert masked("{{ not jinja") == "***"


LOGINS = """
shop:
  target: lake
  outputs:
    lake:
      type: duckdb
      path: lake.duckdb
      attach:
        - {path: "host=db.example.com user=shop password='pg pass'", type: postgres}
        - {path: "mysql://shop:my-pass@db.example.com/shop"}
        - {path: "md:shop?motherduck_token=md-token&x=1"}
      secrets:
        - {type: s3, region: eu-north-1, key_id: id-1234, secret: s3-secret, tokens: [t-12345]}
      settings: {threads: 4, enable_keys: true}
"""


def test_secrets_are_found_wherever_they_stand(folder: Path) -> None:
    """By the name of their own key, or as a login within another text; nothing else is hidden."""
    write(folder / "work" / "profiles.yml", LOGINS)
    load()
    for secret in ("pg pass", "my-pass", "md-token", "s3-secret", "t-12345"):
        assert masked(secret) == "***"
    for open_text in ("db.example.com", "eu-north-1", "lake.duckdb", "postgres", "shop", "True"):
        assert masked(open_text) == open_text
