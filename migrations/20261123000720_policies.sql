-- Row level security for the roles, and the one call that puts everything in place.
--
-- A grant says which tables a role may touch; the policy beside it is what row level security asks for. A role that is granted
-- nothing has no policy either, so whoever is given a right by accident still sees no row.

-- Row level security everywhere, and a policy for each role where it has a right. A new policy needs each table for itself for a
-- moment: rather than holding some while waiting for others, it lets go of all and tries again, so nobody's transaction is the victim.
create function nextnest.write_policies() returns void language plpgsql set search_path = '' set lock_timeout = '100ms'
as $$
declare
    todo text[];
    locks text;
    step text;
begin
    select array_agg(run order by run), string_agg(distinct format('nextnest.%I', relname), ', ') into todo, locks
    from (
        select c.relname, format('create policy %I on nextnest.%I to %I using (true) with check (true)', role, c.relname, role)
        from (select distinct role from nextnest.rights join pg_catalog.pg_roles on rolname = role) r, pg_catalog.pg_class c
        where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p')
          and has_any_column_privilege(r.role, c.oid, 'select, insert, update')
          and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polname = r.role)
        union all
        select relname, format('alter table nextnest.%I enable row level security', relname) from pg_catalog.pg_class
        where relnamespace = 'nextnest'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
    ) as steps (relname, run);
    if todo is null then
        return;
    end if;
    for attempt in 1..50 loop
        begin
            execute format('lock table %s in access exclusive mode', locks);
            exit;
        exception when lock_not_available then
            if attempt = 50 then
                raise;
            end if;
            perform pg_sleep(0.1);
        end;
    end loop;
    foreach step in array todo loop
        execute step;
    end loop;
end
$$;

-- Web's readiness and the doctor compare the recorded migrations with the files.
create function nextnest.apply_rights() returns void language plpgsql set search_path = ''
as $$
declare
    one text;
begin
    perform nextnest.make_roles();
    perform nextnest.close_schema();
    perform nextnest.grant_rights();
    perform nextnest.write_policies();
    for one in select distinct role from nextnest.rights join pg_catalog.pg_roles on rolname = role
               where to_regclass('supabase_migrations.schema_migrations') is not null
    loop
        execute format('grant usage on schema supabase_migrations to %I', one);
        execute format('grant select (version) on supabase_migrations.schema_migrations to %I', one);
    end loop;
exception when insufficient_privilege then
    raise exception '% does not own all of schema nextnest (or of supabase_migrations): migrate as the role that made it', current_user
        using errcode = 'insufficient_privilege', detail = sqlerrm;
end
$$;
comment on function nextnest.apply_rights() is
    'Closes the schema to PUBLIC and the API roles and gives each role what the table rights says. Safe to repeat; make migrate ends with it.';

select nextnest.apply_rights();
