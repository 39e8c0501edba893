"""Made-up users in two states, the same in every run and on both engines.

Each has an id, an e-mail address and eight attributes. From state 1 to state 2, of a thousand rows
ten change, five go and five come. Which ones is a matter of a multiplicative hash of the id, so
they lie scattered over the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

Engine = Literal["duckdb", "postgres"]
State = Literal[1, 2]
ATTRIBUTES = (
    "email",
    "first_name",
    "country",
    "plan",
    "ltv",
    "order_count",
    "is_subscribed",
    "last_seen_at",
    "joined_on",
)
COLUMNS = ("id", *ATTRIBUTES)
SCHEMA = "source"
CHANGED, GONE, NEW = 0.010, 0.005, 0.005
# Knuth's multiplier, near the golden ratio of 2^32: consecutive ids fall far from each other.
_SCATTERED = "((id * 2654435761) % 4294967296) % 1000"
_PLANS = "case (id / 7) % 3 when 0 then 'free' when 1 then 'pro' else 'team' end"
_COUNTRIES = (
    "case id % 5 when 0 then 'GB' when 1 then 'US' when 2 then 'FR' when 3 then 'DE' else 'SE' end"
)


def statements(engine: Engine, rows: int) -> Iterator[str]:
    """The statements that make both states; `users`, what everyone reads, shows the first."""
    series = {
        "duckdb": "(select range as id from range({}, {}))",
        "postgres": "(select id from generate_series({}::bigint, {} - 1) as numbers(id))",
    }[engine]
    old, new = series.format(1, rows + 1), series.format(rows + 1, rows + 1 + int(rows * NEW))
    yield f"create schema {SCHEMA}"
    yield f"create table {SCHEMA}.users_1 as {_users(old, changing=False)}"
    yield (
        f"create table {SCHEMA}.users_2 as {_users(old, changing=True)} "
        f"where h not between 10 and 14 union all {_users(new, changing=False)}"
    )
    yield showing(1)


def showing(state: State) -> str:
    """The statement after which `users` shows a state."""
    return f"create or replace view {SCHEMA}.users as select * from {SCHEMA}.users_{state}"


def _users(numbers: str, *, changing: bool) -> str:
    """Half of those who change have another plan, the others another sum and a later visit."""
    plan, spent, seen = "h < 5", "h between 5 and 9", "id % 2592000"
    if not changing:
        plan = spent = "false"
    return f"""
    select
        id,
        'user' || id || '@example.com' as email,
        case when id % 10 > 0 then 'First' || (id % 997) end as first_name,
        {_COUNTRIES} as country,
        case when {plan} then 'enterprise' else {_PLANS} end as plan,
        cast((id * 7919 % 100000) / 100.0 + case when {spent} then 1 else 0 end as decimal(12, 2))
            as ltv,
        cast(id % 50 as integer) as order_count,
        id % 4 = 0 as is_subscribed,
        timestamp '2026-01-01' + interval '1 second' * ({seen})
            + case when {spent} then interval '40 days' else interval '0 days' end as last_seen_at,
        cast(timestamp '2020-01-01' + interval '1 day' * (id % 2000) as date) as joined_on
    from (select id, {_SCATTERED} as h from {numbers} as numbers) as scattered"""
