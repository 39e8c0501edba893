"""What a person would write by hand for one table: the least work that gives the same delta.

The delta is stored with every column that the product's has, and found by one statement against a
typed copy of what was sent, with a hash of each row. Nothing here guards, counts, checks for
duplicates or survives a crash. It is compared with the product's delta row by row and column by
column, so that both do the same thing.
"""

from __future__ import annotations

from benchmarks.source import ATTRIBUTES, COLUMNS, Engine

DELTA, STATE = "floor_delta", "floor_state"
_TEXTS = ("email", "first_name", "country", "plan")
_NONE = "cast(null as varchar)"
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
    """The statement that stores what was sent, in the form in which a change is found soonest."""
    return (
        f"create table {STATE} as select {', '.join(COLUMNS)}, {_hash(engine)} as h from {source}"
    )


def first_delta(engine: Engine, source: str) -> str:
    """The statement that plans every row."""
    key = "cast(id as varchar)"
    return f"""create table {DELTA} as
        select 'delta' as _delta_id, 0 as _shard, row_number() over (order by {key}) as _ordinal,
            'insert' as _operation, {key} as _record_key, {_identifiers(engine, key)},
            {_payload(engine, "m")} as _payload, {_NONE} as _changed, {_NONE} as _invalid_reason,
            {_hash(engine)} as _row_hash, {_NONE} as _attributes,
            cast(null as timestamp) as _event_time, {", ".join(COLUMNS)}
        from {source} as m"""


def first_state() -> str:
    """The statement that makes the synced state of a first delta that was sent whole."""
    now = "cast(current_timestamp as timestamp)"
    return f"""create table {STATE} as
        select _record_key, _identifiers, _payload as _attributes, _row_hash,
            'acknowledged' as _status, {now} as _acknowledged_at, _event_time, _delta_id,
            'braze/users' as _sent_to
        from {DELTA}"""


def delta(engine: Engine, source: str, *, by_hash: bool) -> str:
    """The statement that finds and stores what changed.

    By hash, the old values are fetched for what differs alone; else every column is compared.
    """
    found = _found_by_hash(engine, source) if by_hash else _found_by_columns(source)
    operation = (
        "case when m.id is null then 'delete' when s.id is null then 'insert' else 'update' end"
    )
    key = "cast(coalesce(m.id, s.id) as varchar)"
    row_hash = "m.h" if by_hash else _hash(engine, "m.")
    both = "m.id is not null and s.id is not null"
    changed = ", ".join(
        f"case when m.{name} is distinct from s.{name} then '\"{name}\"' end"
        for name in sorted(ATTRIBUTES)
    )
    columns = ", ".join(f"m.{name}" for name in COLUMNS)
    return f"""create table {DELTA} as
        select 'delta' as _delta_id, 0 as _shard, row_number() over (
                order by case _operation when 'insert' then 1 when 'update' then 2 else 3 end,
                    _record_key
            ) as _ordinal, planned.*
        from (
            select {operation} as _operation, {key} as _record_key,
                {_identifiers(engine, key)},
                case when m.id is null then '{{}}' else {_payload(engine, "m", "s")} end
                    as _payload,
                case when {both} then '[' || concat_ws(',', {changed}) || ']' end as _changed,
                {_NONE} as _invalid_reason,
                case when m.id is null then s.h else {row_hash} end as _row_hash,
                case when {both} then {_payload(engine, "m")} end as _attributes,
                cast(null as timestamp) as _event_time, {columns}
            from {found}
        ) as planned"""


def drop() -> list[str]:
    """The statements that remove both tables."""
    return [f"drop table if exists {DELTA}", f"drop table if exists {STATE}"]


def differences(activation: str) -> str:
    """The query for the number of rows in which the product's delta and the floor's differ.

    In all columns but its own id and hash.
    """
    texts = ", ".join(
        f"replace({name}, chr(10), '') as {name}" for name in ("_payload", "_attributes")
    )
    columns = (
        f"_shard, _ordinal, _operation, _record_key, _identifiers, {texts}, _changed, "
        f"_invalid_reason, _event_time, {', '.join(COLUMNS)}"
    )
    ours, floor = (f"select {columns} from {table}" for table in (activation, DELTA))
    return (
        f"select count(*) from (({ours} except {floor}) union all ({floor} except {ours})) as odd"
    )


def _identifiers(engine: Engine, key: str) -> str:
    text = _QUOTED[engine]["text"].format(key)
    return f"'{{\"external_id\":' || {text} || '}}' as _identifiers"


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


def _hash(engine: Engine, row: str = "") -> str:
    values = ", ".join(f"{row}{name}" for name in ATTRIBUTES)
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
