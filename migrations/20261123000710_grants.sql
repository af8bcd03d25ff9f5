-- How the rights of the table become grants.
--
-- Five functions, called by one more (the next file): they make the roles that are missing, take everything from everybody, and
-- grant what stands in the table, down to the columns that views read. Each can be run again at any time; within the transaction
-- nobody sees the moment in between. None of them is anybody's but the owner's.

-- Objects of one kind that a right names. The rights themselves and what is only the migration's to write are left out.
create function nextnest.objects_of(wanted nextnest.rights) returns table (object oid, written text)
    language sql stable set search_path = ''
as $$
    select oid, format('nextnest.%I', relname) from pg_catalog.pg_class
    where relnamespace = 'nextnest'::regnamespace and relname <> 'rights'
      and (wanted.kind = 'table' and relkind in ('r', 'p')
               and (relname <> 'procrastinate_migrations' or wanted.privileges = 'select')
           or wanted.kind = 'view' and relkind in ('v', 'm'))
      and relname like wanted.names and relname <> all (wanted.besides)
    union all
    select oid, oid::regprocedure::text from pg_catalog.pg_proc
    where pronamespace = 'nextnest'::regnamespace and wanted.kind = 'function' and proname like wanted.names
      and proname not in ('objects_of', 'make_roles', 'close_schema', 'grant_rights', 'grant_columns', 'write_policies', 'apply_rights')
$$;

-- The roles of the table that are not there yet. Who may not make roles is told what to ask for.
create function nextnest.make_roles() returns void language plpgsql set search_path = ''
as $$
declare
    one text;
begin
    for one in select distinct role from nextnest.rights except select rolname from pg_catalog.pg_roles loop
        begin
            execute format('create role %I nologin', one);
        exception
            when duplicate_object or unique_violation then null;  -- another database of this server, at the same moment
            when insufficient_privilege then
                raise warning 'the role % is missing and % may not create it: have an administrator run "create role % nologin" and migrate again',
                    one, current_user, one;
        end;
    end loop;
end
$$;

-- Takes every right from PUBLIC, from Supabase's API roles and from ours, Procrastinate's objects included.
create function nextnest.close_schema() returns void language plpgsql set search_path = ''
as $$
declare
    one text;
    kind text;
begin
    for one in
        select 'public' union all
        select quote_ident(rolname) from pg_catalog.pg_roles
        where rolname in ('anon', 'authenticated', 'service_role') or rolname in (select role from nextnest.rights)
    loop
        execute format('revoke all on schema nextnest from %s', one);
        foreach kind in array array['tables', 'sequences', 'functions'] loop
            execute format('revoke all on all %s in schema nextnest from %s', kind, one);
            execute format('alter default privileges in schema nextnest revoke all on %s from %s', kind, one);
        end loop;
    end loop;
end
$$;

-- The columns a view is made of, through views below it too, and the functions it calls.
create function nextnest.grant_columns(reader name, view_read oid) returns void language plpgsql set search_path = ''
as $$
declare
    one record;
begin
    for one in
        with recursive used (classid, objid, column_number) as (
            select d.refclassid, d.refobjid, d.refobjsubid
            from pg_catalog.pg_rewrite r join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
            where r.ev_class = view_read and d.refobjid <> view_read
            union
            select d.refclassid, d.refobjid, d.refobjsubid
            from used u join pg_catalog.pg_rewrite r on u.classid = 'pg_class'::regclass and r.ev_class = u.objid
            join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
            where d.refobjid <> u.objid
        )
        select format('grant select (%s) on nextnest.%I to %I', string_agg(quote_ident(a.attname), ', '), c.relname, reader) as run
        from used u join pg_catalog.pg_class c on u.classid = 'pg_class'::regclass and c.oid = u.objid
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = greatest(u.column_number, 1)
        where c.relnamespace = 'nextnest'::regnamespace
          and (u.column_number > 0 or not exists (select from used o where o.objid = u.objid and o.column_number > 0))
        group by c.relname
        union all
        select format('grant execute on function %s to %I', p.oid::regprocedure, reader)
        from used u join pg_catalog.pg_proc p on u.classid = 'pg_proc'::regclass and p.oid = u.objid
        where p.pronamespace = 'nextnest'::regnamespace
    loop
        execute one.run;
    end loop;
end
$$;

create function nextnest.grant_rights() returns void language plpgsql set search_path = ''
as $$
declare
    one record;
begin
    for one in
        select r.role, r.kind, r.privileges, o.object, o.written
        from nextnest.rights r join pg_catalog.pg_roles on rolname = r.role, nextnest.objects_of(r) o
    loop
        execute format('grant %s on %s %s to %I', one.privileges,
            case one.kind when 'function' then 'function' else 'table' end, one.written, one.role);
        if one.kind = 'view' then
            perform nextnest.grant_columns(one.role, one.object);
        end if;
    end loop;
    for one in select distinct role from nextnest.rights join pg_catalog.pg_roles on rolname = role loop
        execute format('grant usage on schema nextnest to %I', one.role);
        if one.role <> 'nextnest_readonly' then
            execute format('grant usage on all sequences in schema nextnest to %I', one.role);
        end if;
    end loop;
end
$$;
