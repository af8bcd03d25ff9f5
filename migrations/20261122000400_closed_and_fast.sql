-- Shut to the outside, quick on the inside.
--
-- Supabase's API roles and PUBLIC get nothing here; row level security without a policy is the second wall. The index makes
-- Procrastinate's question "does this lock have an earlier job?" cheap however long the queue is: without it a fetch with a
-- hundred thousand waiting jobs takes some ten times as long.

create index procrastinate_jobs_waiting_by_lock on nextnest.procrastinate_jobs (lock)
    where status in ('todo', 'doing');

do $$
declare
    one text;
begin
    for one in select tablename from pg_tables where schemaname = 'nextnest' loop
        execute format('alter table nextnest.%I enable row level security', one);
    end loop;
    for one in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
        execute format('revoke all on schema nextnest from %I', one);
        execute format('revoke all on all tables in schema nextnest from %I', one);
        execute format('revoke all on all sequences in schema nextnest from %I', one);
        execute format('revoke all on all functions in schema nextnest from %I', one);
        execute format('alter default privileges in schema nextnest revoke all on tables from %I', one);
        execute format('alter default privileges in schema nextnest revoke all on functions from %I', one);
    end loop;
end
$$;

revoke all on schema nextnest from public;
revoke all on all tables in schema nextnest from public;
revoke all on all functions in schema nextnest from public;
