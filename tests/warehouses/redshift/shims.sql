-- What Redshift has and PostgreSQL lacks, as far as the package, dbt-redshift and the runner ask.

-- a backslash escapes in Redshift's literals
alter database {database} set standard_conforming_strings = off;
alter database {database} set escape_string_warning = off;

create domain super as jsonb;
create domain varbyte as bytea;

create function sysdate() returns timestamp language sql stable as
    $$ select transaction_timestamp()::timestamp $$;
create function getdate() returns timestamp language sql stable as
    $$ select date_trunc('second', statement_timestamp())::timestamp $$;
create function dateadd(part text, number bigint, moment timestamp) returns timestamp
    language sql immutable as $$ select moment + number * ('1 ' || part)::interval $$;
create function datediff(part text, first timestamp, second timestamp) returns bigint
    language sql immutable as $$
        select (extract(epoch from date_trunc(part, second) - date_trunc(part, first))
            / extract(epoch from ('1 ' || part)::interval))::bigint
    $$;

create function fnv_hash(value text, seed bigint default 0) returns bigint
    language sql immutable as $$ select hashtextextended(value, seed) $$;
create function fnv_hash(value bigint, seed bigint) returns bigint
    language sql immutable as $$ select hashint8extended(value, seed) $$;
create function json_parse(value text) returns super
    language sql immutable as $$ select value::jsonb $$;
-- without blanks outside of texts; of a null both tell of the text null
create function json_serialize(value super) returns varchar language sql immutable as
    $$ select coalesce(regexp_replace(value::text, E'("(?:\\\\.|[^"\\\\])*")|\\s', E'\\1', 'g'), 'null') $$;
create function json_size(value super) returns bigint
    language sql immutable as $$ select octet_length(coalesce(value::text, 'null')) $$;
create function to_varbyte(value text, format text) returns varbyte
    language sql immutable as $$ select decode(value, format) $$;
create function from_varbyte(value varbyte, format text) returns varchar
    language sql immutable as $$ select replace(encode(value, format), chr(10), '') $$;
create function len(value text) returns integer
    language sql immutable as $$ select length(value) $$;

-- dbt-redshift looks for columns of late-binding views and of external tables too
create function pg_get_late_binding_view_cols() returns setof record language sql as
    $$ select ''::name, ''::name, ''::name, ''::varchar, 0 where false $$;
set allow_system_table_mods = on;
create view pg_catalog.svv_external_columns as
    select
        0 as columnnum, ''::text as schemaname, ''::text as tablename, ''::text as columnname,
        ''::text as external_type, ''::text as redshift_database_name
    where false;
