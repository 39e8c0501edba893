"""What a person would write by hand for one table: the least work that gives the same delta.

The state is a typed copy of what was sent, with a hash of each row; the delta is found and stored
by one statement. Nothing here guards, counts, checks for duplicates or survives a crash. It is
compared with the product's delta row by row, so that both do the same thing.
"""

from __future__ import annotations

from benchmarks.source import ATTRIBUTES, COLUMNS, Engine

DELTA, STATE = "floor_delta", "floor_state"
_TEXTS = ("email", "first_name", "country", "plan")
_QUOTED = {
    "duckdb": {
        "last_seen_at": "strftime({}, '\"%Y-%m-%dT%H:%M:%SZ\"')",
        "text": "cast(to_json({}) as varchar)",
    },
    "postgres": {
        "last_seen_at": """'"' || to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"'""",
        "text": "cast(to_json({}) as text)",
    },
}


def state(engine: Engine, source: str) -> str:
    """The statement that stores what was sent."""
    return (
        f"create table {STATE} as select {', '.join(COLUMNS)}, {_hash(engine)} as h from {source}"
    )


def first_delta(engine: Engine, source: str) -> str:
    """The statement that plans every row."""
    return (
        f"create table {DELTA} as "
        "select row_number() over (order by cast(id as varchar)) as ordinal, "
        f"'insert' as operation, cast(id as varchar) as key, {_payload(engine, 'm')} as payload "
        f"from {source} as m"
    )


def delta(engine: Engine, source: str, *, by_hash: bool) -> str:
    """The statement that finds and stores what changed.

    By hash, the old values are fetched for what differs alone; else every column is compared.
    """
    found = _found_by_hash(engine, source) if by_hash else _found_by_columns(source)
    operation = (
        "case when m.id is null then 'delete' when s.id is null then 'insert' else 'update' end"
    )
    return f"""create table {DELTA} as
        select row_number() over (
            order by case operation when 'insert' then 1 when 'update' then 2 else 3 end, key
        ) as ordinal, operation, key, payload
        from (
            select {operation} as operation, cast(coalesce(m.id, s.id) as varchar) as key,
                case when m.id is null then '{{}}' else {_payload(engine, "m", "s")} end as payload
            from {found}
        ) as planned"""


def drop() -> list[str]:
    """The statements that remove both tables."""
    return [f"drop table if exists {DELTA}", f"drop table if exists {STATE}"]


def differences(activation: str) -> str:
    """The query for the number of rows in which the product's delta and the floor's differ."""
    ours = (
        "select _ordinal as ordinal, _operation as operation, _record_key as key, "
        f"replace(_payload, chr(10), '') as payload from {activation}"
    )
    floor = f"select ordinal, operation, key, payload from {DELTA}"
    return (
        f"select count(*) from (({ours} except {floor}) union all ({floor} except {ours})) as odd"
    )


def _found_by_columns(source: str) -> str:
    differs = " or ".join(f"m.{name} is distinct from s.{name}" for name in ATTRIBUTES)
    return (
        f"{source} as m full join {STATE} as s on m.id = s.id "
        f"where {differs} or m.id is null or s.id is null"
    )


def _found_by_hash(engine: Engine, source: str) -> str:
    hashed = f"(select *, {_hash(engine)} as h from {source}) as m"
    found = f"""
        select m.*, s.id as old_id
        from {hashed}
        full join (select id, h from {STATE}) as s on m.id = s.id
        where m.id is null or s.id is null or m.h <> s.h"""
    if engine == "postgres":
        # It joins in parallel to one side, and not to both.
        found = f"""
            select m.*, s.id as old_id
            from {hashed}
            left join {STATE} as s on s.id = m.id
            where s.id is null or m.h <> s.h
            union all
            select {", ".join("null" for _ in COLUMNS)}, null, s.id
            from {STATE} as s where not exists (select 1 from {source} as m where m.id = s.id)"""
    return f"({found}) as m left join {STATE} as s on s.id = m.old_id"


def _hash(engine: Engine) -> str:
    values = ", ".join(ATTRIBUTES)
    if engine == "duckdb":
        return f"hash({values})"
    return f"hashtextextended(cast(row({values}) as text), 0)"


def _payload(engine: Engine, new: str, old: str | None = None) -> str:
    parts = []
    for name in sorted(ATTRIBUTES):
        value = _json(engine, name, f"{new}.{name}")
        member = f"'\"{name}\":' || {value}"
        if old:
            member = (
                f"case when {old}.id is null then {member} "
                f"when {new}.{name} is distinct from {old}.{name} "
                f"then '\"{name}\":' || coalesce({value}, 'null') end"
            )
        parts.append(member)
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"


def _json(engine: Engine, name: str, value: str) -> str:
    kinds = _QUOTED[engine]
    if name in _TEXTS:
        return kinds["text"].format(value)
    if name == "joined_on":
        return f"'\"' || cast({value} as varchar) || '\"'"
    return kinds.get(name, "cast({} as varchar)").format(value)
