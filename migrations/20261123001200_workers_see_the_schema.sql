-- A worker's login may see which of Procrastinate's migrations are there.
--
-- The doctor runs with the login it is asked about and says whether the schema is complete. Web could read both histories for
-- its readiness; a worker could read ours and not Procrastinate's, because its right to change tables leaves that one out.

insert into nextnest.rights (role, kind, names, privileges) values
('nextnest_worker', 'table', 'procrastinate\_migrations', 'select')
on conflict do nothing;

select nextnest.apply_rights();
