"""What a database's schema is, as text that two databases can be compared by. The order of columns is left out."""

from __future__ import annotations

from typing import Any

import psycopg

_QUERIES = {
    "columns": """
        select c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attgenerated::text, a.attidentity::text, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'c')
    """,
    "relations": """
        select relname, relkind::text, relpersistence::text, relrowsecurity, reloptions::text,
               obj_description(oid, 'pg_class'),
               (select array_agg(acl::text order by acl::text) from unnest(relacl) acl)
        from pg_class where relnamespace = 'nextnest'::regnamespace
    """,
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'nextnest'::regnamespace
    """,
    "indexes": "select indexname, indexdef from pg_indexes where schemaname = 'nextnest'",
    "views": "select viewname, definition from pg_views where schemaname = 'nextnest'",
    "functions": r"""
        select oid::regprocedure::text, regexp_replace(prosrc, '\s+', ' ', 'g'), prosecdef, proconfig::text,
               provolatile::text,
               (select array_agg(acl::text order by acl::text) from unnest(coalesce(proacl, acldefault('f', proowner))) acl)
        from pg_proc where pronamespace = 'nextnest'::regnamespace
    """,
    "triggers": """
        select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger
        where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace = 'nextnest'::regnamespace)
    """,
    "policies": """
        select tablename, policyname, cmd, roles::text, qual, with_check from pg_policies where schemaname = 'nextnest'
    """,
    "labels": """
        select t.typname, e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid
        where t.typnamespace = 'nextnest'::regnamespace
    """,
    "history": "select version, name from supabase_migrations.schema_migrations",
    "procrastinate": "select name from nextnest.procrastinate_migrations",
}


def schema_of(url: str) -> dict[str, list[Any]]:
    """Everything of schema nextnest, each kind sorted."""
    with psycopg.connect(url) as conn:
        return {kind: sorted(conn.execute(query).fetchall(), key=repr) for kind, query in _QUERIES.items()}
