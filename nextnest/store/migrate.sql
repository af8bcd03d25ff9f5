-- try_lock: Take the right to migrate this database, for this session.
select pg_try_advisory_lock(hashtextextended('nextnest.migrate', 0)) as taken;

-- lock: Wait for the right to migrate this database.
select pg_advisory_lock(hashtextextended('nextnest.migrate', 0));

-- create_schema: The schema everything lives in.
create schema if not exists nextnest;

-- create_history_schema: Where the Supabase CLI keeps its history.
create schema if not exists supabase_migrations;

-- create_history: The Supabase CLI's own table, column for column.
create table if not exists supabase_migrations.schema_migrations (
    version text not null primary key, statements text[], name text
);

-- create_procrastinate_history: Which of Procrastinate's own migrations this database has.
create table if not exists nextnest.procrastinate_migrations (
    name text primary key,
    package_version text not null,
    applied_at timestamptz not null default now()
);

-- history_exists: Which of the two histories and Procrastinate's schema are there.
select to_regclass('supabase_migrations.schema_migrations') is not null as ours,
       to_regclass('nextnest.procrastinate_migrations') is not null as procrastinates,
       to_regclass('nextnest.procrastinate_jobs') is not null as jobs;

-- applied: Every recorded migration, whichever tool applied it.
select version, coalesce(name, '') as name, statements from supabase_migrations.schema_migrations order by version;

-- applied_versions: The recorded versions alone.
select version from supabase_migrations.schema_migrations;

-- record: Remember a migration as the Supabase CLI would.
insert into supabase_migrations.schema_migrations (version, name, statements)
values (%(version)s, %(name)s, %(statements)s);

-- record_once: Remember a migration that may be remembered already.
insert into supabase_migrations.schema_migrations (version, name, statements)
values (%(version)s, %(name)s, %(statements)s) on conflict (version) do nothing;

-- procrastinate_applied: The names of Procrastinate's migrations in this database.
select name from nextnest.procrastinate_migrations;

-- record_procrastinate: Remember one of Procrastinate's migrations.
insert into nextnest.procrastinate_migrations (name, package_version) values (%(name)s, %(package_version)s);

-- apply_rights: Take every right from PUBLIC and from Supabase's API roles, and give our roles theirs.
do $$
begin
    if to_regprocedure('nextnest.apply_rights()') is null then
        revoke all on schema nextnest from public;
        revoke all on all functions in schema nextnest from public;
    else
        perform nextnest.apply_rights();
    end if;
end
$$;
