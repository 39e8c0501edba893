"""Whether each column that a statement names exists in the tables that it reads or writes.

The tables are learned from the statements that make them, so a name that the package itself spells
in two ways is found. sqlglot finds out which table a column belongs to, as an engine would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

TEMPORARY = "__dbt_tmp"  # what dbt gives the right name later


class Names:
    """The tables there are, with their columns; `models` are there from the beginning."""

    def __init__(self, dialect: str, models: Mapping[str, Iterable[str]]) -> None:
        self._dialect = dialect
        self._models = models
        self._schema = MappingSchema(dialect=dialect)

    def fault(self, statement: exp.Expression) -> str | None:
        """Say which name in a statement does not exist; what it makes is known from then on."""
        for table in statement.find_all(exp.Table):
            if table.name in self._models:
                self._add(table, [])
        try:
            for query in _queries(statement):
                self._look_up(query, statement)
        except SqlglotError as error:
            return f"{error}\n{statement!r}"
        if isinstance(statement, exp.Create) and isinstance(statement.this, exp.Schema):
            defined = statement.this.find_all(exp.ColumnDef)
            self._add(statement.this.this, [each.name for each in defined])
        return None

    def _look_up(self, query: exp.Expression, statement: exp.Expression) -> None:
        tables = list(query.find_all(exp.Table))
        if any(_of_the_engine(each) for each in tables):
            return  # an adapter asks which relations there are
        steps = {each.alias for each in query.find_all(exp.CTE)}
        for table in tables:
            if not (self._schema.column_names(table) if table.db else table.name in steps):
                raise OptimizeError(f"There is no table {table.sql()}")
        read = _with_every_condition(query)
        found = qualify(read, schema=self._schema, dialect=self._dialect, quote_identifiers=False)
        if isinstance(statement, exp.Create) and isinstance(found, exp.Query):
            self._add(_final_name(statement.this), found.named_selects)

    def _add(self, table: exp.Table, columns: Iterable[str]) -> None:
        columns = self._models.get(table.name, columns)
        if not self._schema.column_names(table):
            self._schema.add_table(table, dict.fromkeys(columns, "text"))


def _with_every_condition(query: exp.Expression) -> exp.Expression:
    """Let WHERE have what HAVING says, where sqlglot looks no name up."""
    whole = query.copy()
    for select in list(whole.find_all(exp.Select)):
        if having := select.args.get("having"):
            select.where(having.this, copy=False)
            select.set("having", None)
    return whole


def _of_the_engine(table: exp.Table) -> bool:
    is_function = not isinstance(table.this, exp.Identifier)
    return is_function or table.name.startswith("pg_") or table.db.lower() == "information_schema"


def _final_name(table: exp.Table) -> exp.Table:
    made = table.copy()
    made.this.set("this", made.name.removesuffix(TEMPORARY))
    return made


def _queries(statement: exp.Expression) -> Iterator[exp.Expression]:
    """Write a statement as queries that name the same columns of the same tables."""
    match statement:
        case exp.Query():
            yield statement
        case exp.Create(expression=exp.Query() as query):
            yield query.unnest()
        case exp.Insert(this=exp.Schema() as target):
            yield exp.select(*map(_column, target.expressions)).from_(target.this)
            yield statement.expression
        case exp.Update():
            yield from _of_update(statement)
        case exp.Delete():
            yield _all_of([statement.this], [], statement.args.get("where"))
        case exp.Merge():
            yield from _of_merge(statement)
        case _:
            pass  # it names no column


def _of_update(statement: exp.Update) -> Iterator[exp.Expression]:
    target = statement.this
    yield exp.select(*(each.this for each in statement.expressions)).from_(target)
    source = statement.args.get("from_")
    tables = [target, source.this] if source else [target]
    values = [each.expression for each in statement.expressions]
    yield _all_of(tables, values, statement.args.get("where"))


def _of_merge(statement: exp.Merge) -> Iterator[exp.Expression]:
    target, source = statement.this, statement.args["using"]
    values = [statement.args["on"]]
    for when in statement.args["whens"].expressions:
        values += [condition] if (condition := when.args.get("condition")) else []
        then = when.args["then"]
        if isinstance(then, exp.Var):
            continue  # it deletes
        written = [each.this for each in then.expressions] or map(_column, then.this.expressions)
        yield exp.select(*written).from_(target)
        values += [each.expression for each in then.expressions] or then.expression.expressions
    yield _all_of([target, source], values, None)


def _all_of(
    tables: Sequence[exp.Expression], values: Sequence[exp.Expression], where: exp.Where | None
) -> exp.Select:
    query = exp.select(*(values or ["1"])).from_(tables[0])
    for table in tables[1:]:
        query = query.join(table, join_type="cross")
    return query.where(where.this) if where else query


def _column(name: exp.Expression) -> exp.Expression:
    return name if isinstance(name, exp.Column) else exp.column(name.copy())
