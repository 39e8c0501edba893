"""The whole way on real purchases: two months of a shop for CDs, sent to a stand-in for Braze.

Run it with `make demo`. It keeps everything in the folder .demo, which it makes anew, and ends with
exit code 1 if the stand-in does not hold exactly what the warehouse says.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from runner.sandbox import Server, serve_in_thread
from runner.sandbox.braze import Braze, Profile

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".demo"
DATABASE = FOLDER / "tailrace.duckdb"
PROGRAMS = Path(sys.executable).parent
DESTINATIONS = "--destinations destinations.example.yml"

MONTHS = ("1997-03-15", "1997-04-15")
SEGMENTS = (
    "first_time_buyers",
    "loyal_customers",
    "vip_customers",
    "at_risk_customers",
    "lapsed_customers",
)
# What braze_customers and braze_lapsed_audience call things at the destination.
ATTRIBUTES = {
    "First order": "first_order_on",
    "Last order": "last_order_on",
    "Orders": "orders",
    "Lifetime value": "total_spent",
    "Average order": "average_order",
    "Favourite weekday": "favourite_weekday",
}
AUDIENCE = "Lapsed_customers"

INTRODUCTION = """\
The purchases of 23,570 customers of a shop for CDs, modelled with dbt on DuckDB and kept in step
with a stand-in for Braze. Everything runs on this machine, and nothing leaves it.

models/activations/ says what is sent:
  braze_customers        every customer's address and buying habits
  braze_lapsed_audience  a flag on customers who have not bought for two months
  braze_purchases        every order, once
  braze_vip_cards        one profile a VIP's card, deleted when its holder is no VIP any more
  braze_welcome_letters  a subscription for those who bought once, ended when they buy again\
"""
FAREWELL = f"""\
The warehouse is still there. Look around, for example, with:

  export TAILRACE_DUCKDB={DATABASE.relative_to(ROOT)}
  .venv/bin/runner status
  .venv/bin/dbt show --select segment_memberships
"""

Row = tuple[object, ...]


class DemoError(Exception):
    """A command failed, or the numbers disagree; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """What the warehouse says on one day; each segment maps its members to their values."""

    customers: Mapping[str, Row]
    segments: Mapping[str, Mapping[str, Row]]
    orders: int
    revenue: Decimal
    memberships: Mapping[str, tuple[int, int]]


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def command(line: str, *, environment: Mapping[str, str], summary: bool = False) -> None:
    """Show a command as one would type it and run it; `summary` keeps its last line alone."""
    print(f"\n$ {line}", flush=True)
    program, *arguments = shlex.split(line)
    done = subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE if summary else None,
        stderr=subprocess.STDOUT if summary else None,
    )
    if done.returncode:
        print(done.stdout or "", end="")
        raise DemoError(f"`{line}` ended with exit code {done.returncode}.")
    if summary:
        print(done.stdout.strip().splitlines()[-1].partition("  ")[2], flush=True)


def environment_for(url: str) -> dict[str, str]:
    """The environment of the commands: this demo's warehouse and sandbox, whatever the user's."""
    own = {
        "TAILRACE_DUCKDB": str(DATABASE),
        "TAILRACE_SANDBOX_URL": url,
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_PROJECT_DIR": str(ROOT),
        "DBT_PROFILE": "tailrace",
        "DBT_TARGET": "duckdb",
        "DBT_TARGET_PATH": str(FOLDER / "target"),
        "DBT_LOG_PATH": str(FOLDER / "logs"),
        "DBT_USE_COLORS": "false",
        "DO_NOT_TRACK": "1",
    }
    return {**os.environ, **own}


def read_warehouse() -> Warehouse:
    """Read the models that the activations send, and the memberships that dbt keeps."""
    columns = ", ".join(ATTRIBUTES.values())
    with duckdb.connect(str(DATABASE), read_only=True) as connection:

        def members(model: str) -> dict[str, Row]:
            query = f"select customer_id, email, {columns} from {model}"  # noqa: S608
            return {row[0]: row[1:] for row in connection.execute(query).fetchall()}

        memberships = connection.execute(
            "select segment, count(*) filter (is_member), count(*) filter (not is_member) "
            "from segment_memberships group by segment"
        ).fetchall()
        totals = connection.execute("select count(*), sum(amount) from orders").fetchone()
        return Warehouse(
            customers=members("customers"),
            segments={segment: members(segment) for segment in SEGMENTS},
            orders=totals[0] if totals else 0,
            revenue=totals[1] if totals else Decimal(0),
            memberships={segment: (now, gone) for segment, now, gone in memberships},
        )


def comparison(warehouse: Warehouse, server: Server[Braze], left: Mapping[str, int]) -> list[Row]:
    """What each side says of what the activations send: a sentence, the warehouse, the sandbox."""
    profiles = {str(profile.external_id): profile for profile in server.sandbox.state}
    cards = {key for key in profiles if key.startswith("card-")}
    people = [profile for key, profile in profiles.items() if key not in cards]
    vips = {f"card-{customer}" for customer in warehouse.segments["vip_customers"]}
    count = {segment: len(members) for segment, members in warehouse.segments.items()}
    customers = warehouse.customers
    alike = sum(matches(profiles.get(key), row) for key, row in customers.items())
    flags = [profile.custom_attributes.get(AUDIENCE) for profile in people]
    states = [state for profile in people for state in profile.subscriptions.values()]
    sales = [Decimal(str(sale["price"])) for profile in people for sale in profile.purchases]
    return [
        ("customers with a profile", len(customers), len(people)),
        ("profiles that match their customer in every attribute", len(customers), alike),
        ("VIP cards", len(vips), len(cards & vips)),
        ("cards of people who are no VIP", 0, len(cards - vips)),
        ("cards deleted", left["vip_customers"], server.sandbox.state.deleted),
        ("flagged as lapsed", count["lapsed_customers"], flags.count(True)),
        ("flag taken back", left["lapsed_customers"], flags.count(False)),
        (
            "subscribed to the welcome letters",
            count["first_time_buyers"],
            states.count("subscribed"),
        ),
        ("unsubscribed from them", left["first_time_buyers"], states.count("unsubscribed")),
        ("purchases", warehouse.orders, len(sales)),
        ("revenue in dollars", warehouse.revenue, sum(sales, Decimal(0))),
    ]


def matches(profile: Profile | None, row: Row) -> bool:
    """Whether a profile holds exactly the values of its customer's row."""
    if profile is None:
        return False
    held = [profile.fields.get("email"), *map(profile.custom_attributes.get, ATTRIBUTES)]
    return all(plain(value) == plain(wanted) for value, wanted in zip(held, row, strict=True))


def plain(value: object) -> object:
    """A value in the form in which both sides can be compared."""
    is_number = isinstance(value, int | float | Decimal)
    return Decimal(str(value)).normalize() if is_number else str(value)


def table(header: Row, rows: Iterable[Row]) -> None:
    """Print rows under a header: the first column to the left, numbers to the right."""
    lines = [[cell(value) for value in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *others in lines:
        right = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *right]).rstrip())


def cell(value: object) -> str:
    """A value as people read it, numbers with thousands apart."""
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def show_segments(before: Warehouse, after: Warehouse) -> dict[str, int]:
    """Print who entered, left and changed; give back how many left each segment."""
    rows: list[Row] = []
    left: dict[str, int] = {}
    for segment in SEGMENTS:
        old, new = before.segments[segment], after.segments[segment]
        left[segment] = len(old.keys() - new.keys())
        changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
        entered = len(new.keys() - old.keys())
        rows.append((segment, len(old), entered, left[segment], len(new), changed))
    table(("segment", MONTHS[0], "entered", "left", MONTHS[1], "stayed, changed"), rows)
    kept = {segment: (len(after.segments[segment]), left[segment]) for segment in SEGMENTS}
    if kept != after.memberships:
        raise DemoError("The model segment_memberships disagrees with the segments themselves.")
    print("\nThe model segment_memberships counts the same members and the same leavers.")
    return left


def show_comparison(warehouse: Warehouse, server: Server[Braze], left: Mapping[str, int]) -> None:
    """Print what both sides hold; DemoError if they disagree."""
    compared = comparison(warehouse, server, left)
    agree = [ours == theirs for _, ours, theirs in compared]
    rows = [(*row, "yes" if same else "NO") for row, same in zip(compared, agree, strict=True)]
    table(("", "warehouse", "sandbox", "agree"), rows)
    if not all(agree):
        raise DemoError("The sandbox does not hold what the warehouse says.")


def play(server: Server[Braze]) -> None:
    """Send both months and compare after each."""
    environment = environment_for(server.url)
    nobody = dict.fromkeys(SEGMENTS, 0)

    heading(f"Month 1: the shop as of {MONTHS[0]}")
    command(f"dbt build --vars 'as_of: {MONTHS[0]}'", environment=environment, summary=True)
    command(f"runner push {DESTINATIONS}", environment=environment)
    first = read_warehouse()
    heading("After month 1: does the sandbox hold what the warehouse says?")
    show_comparison(first, server, nobody)

    heading(f"Month 2: the shop as of {MONTHS[1]}; only what changed is sent")
    command(f"dbt build --vars 'as_of: {MONTHS[1]}'", environment=environment, summary=True)
    command("runner plan", environment=environment)
    command(f"runner push {DESTINATIONS}", environment=environment)
    second = read_warehouse()
    heading("Who entered, who left, who changed")
    left = show_segments(first, second)
    heading("After month 2: does the sandbox hold what the warehouse says?")
    show_comparison(second, server, left)


def main() -> int:
    """Play the demo; 0 if all numbers agree."""
    started = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    print(INTRODUCTION)
    try:
        with serve_in_thread(Braze()) as server:
            print(f"\n$ runner sandbox\nlistening at {server.url}")
            play(server)
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\nEverything agrees. It took {time.monotonic() - started:.0f} seconds.")
    print(FAREWELL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
