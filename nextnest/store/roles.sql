-- login_steps: What makes a login, or gives it a new password, its groups and its limits: statements to be run in this order.
-- A group's settings do not reach its members, so each login has its own. The password comes as its SCRAM verifier.
with login (written) as (select quote_ident(%(name)s::text)),
steps (place, step) as (
    select 1, case when to_regrole(written) is null then 'create' else 'alter' end
              || ' role ' || written || ' login password ' || quote_literal(%(verifier)s::text) from login
    union all
    select 2, 'grant ' || quote_ident(one) || ' to ' || written from login, unnest(%(groups)s::text[]) as g (one)
    union all
    select 3, 'alter role ' || written || ' set search_path = nextnest' from login
    union all
    select 4, 'alter role ' || written || ' set ' || quote_ident(key) || ' = ' || quote_literal(value)
    from login, jsonb_each_text(%(limits)s::jsonb) as l (key, value)
)
select step from steps order by place, step;

-- missing_groups: Which of these groups has the server not got?
select one as name from unnest(%(groups)s::text[]) as g (one) except select rolname from pg_roles order by 1;

-- misgranted: Where our groups may do less or more than the table of rights says. Only the owner may ask.
-- A privilege is a word, or a word with the columns it is for in brackets.
with said as (
    select r.role::text, r.kind = 'function' as callable, o.object, btrim(p.privilege) as privilege
    from rights r join pg_roles on rolname = r.role, objects_of(r) o,
         unnest(string_to_array(regexp_replace(r.privileges, '\w+\s*\([^)]*\)', '', 'g'), ',')) as p (privilege)
    where btrim(p.privilege) <> ''
), said_of_columns as (
    select r.role::text, o.object, p.found[1] || ' (' || btrim(c.name) || ')' as privilege,
           has_column_privilege(r.role, o.object, btrim(c.name), p.found[1]) as granted
    from rights r join pg_roles on rolname = r.role, objects_of(r) o,
         regexp_matches(r.privileges, '(\w+)\s*\(([^)]*)\)', 'g') as p (found), unnest(string_to_array(p.found[2], ',')) as c (name)
), granted as (
    select g.rolname::text as role, false as callable, c.oid as object, lower(a.privilege_type) as privilege
    from pg_class c, aclexplode(c.relacl) a join pg_roles g on g.oid = a.grantee
    where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
    union all
    select g.rolname::text, true, p.oid, lower(a.privilege_type)
    from pg_proc p, aclexplode(p.proacl) a join pg_roles g on g.oid = a.grantee
    where p.pronamespace = 'nextnest'::regnamespace
), differences as (
    select 'less' as how, * from (select * from said except select * from granted) missing
    union all
    select 'less', role, false, object, privilege from said_of_columns where not granted
    union all
    -- Functions are left out: who may read a view may call what it calls, without being named.
    select 'more', * from (select * from granted where not callable and role in (select role from said)
                           except select * from said) added
)
select how, role, privilege, case when callable then object::regprocedure::text else object::regclass::text end as written
from differences order by how, role, written, privilege;
