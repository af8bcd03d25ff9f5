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
