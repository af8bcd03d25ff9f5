-- server: Who serves, who asks, and as what.
select current_setting('server_version') as version, current_user::text as login,
       coalesce((select array_agg(rolname::text order by rolname) from pg_roles
                 where rolname ~ '^nextnest_(web|console|worker|readonly)$'
                   and not (select rolsuper from pg_roles where rolname = current_user)
                   and pg_has_role(current_user, oid, 'usage')), '{}') as groups,
       coalesce((select pg_has_role(current_user, nspowner, 'usage') from pg_namespace where nspname = 'nextnest'), false) as owner;

-- unbounded: Limits that this connection has not got, so that what is stuck would stay so.
select name from unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) as l (name)
where current_setting(name) = '0' order by name;

-- clock: The time there, also inside a transaction.
select extract(epoch from clock_timestamp())::double precision as now;

-- exposed: What is open to PUBLIC or to Supabase's API roles, and what row level security or a view's reader does not guard.
with strangers (role, who) as (
    select 0::oid, 'PUBLIC'
    union all
    select oid, rolname::text from pg_roles where rolname in ('anon', 'authenticated', 'service_role')
), ours as (
    select oid, relname, relkind, relrowsecurity, reloptions, relacl from pg_class where relnamespace = 'nextnest'::regnamespace
)
select 'schema nextnest' as what, who from pg_namespace, aclexplode(nspacl) a join strangers on role = a.grantee
where nspname = 'nextnest'
union
select relname, who from ours, aclexplode(relacl) a join strangers on role = a.grantee
union
select proname || '()', who from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) a join strangers on role = a.grantee
where pronamespace = 'nextnest'::regnamespace
union
select relname, 'no row level security' from ours where relkind in ('r', 'p') and not relrowsecurity
union
select relname, 'a view that runs as its owner' from ours
where relkind = 'v' and not coalesce(reloptions, '{}') @> '{security_invoker=true}'
order by 1, 2;

-- broken: Indexes that are not valid and triggers that are switched off.
select 'index ' || c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relnamespace = 'nextnest'::regnamespace and not i.indisvalid
union all
select 'trigger ' || t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'nextnest'::regnamespace and t.tgenabled = 'D' and not t.tgisinternal
order by 1;
