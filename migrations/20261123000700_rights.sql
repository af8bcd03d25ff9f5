-- Who may do what: a role for web, one for the console, one for the worker, one for dashboards.
--
-- The roles are groups without a login; whoever signs in is a member. What each may do is data, in the table `rights`, so that
-- a later migration adds a row and calls `apply_rights()`, and so that a role an administrator had to make gets its rights
-- when the migration runs again. Only what stands there is granted; PUBLIC and Supabase's API roles get nothing, and each
-- role sees rows by a policy of its own. The owner of the tables is bound by none of it: running everything as one role works
-- as before. A role that looks at a view may read exactly the columns the view is made of, because views run as their reader.

create table nextnest.rights (
    role text not null,
    kind text not null check (kind in ('table', 'view', 'function')),
    names text not null,
    besides text[] not null default '{}',
    privileges text not null,
    primary key (role, kind, names)
);
comment on table nextnest.rights is 'What each role may do. Nobody but the owner reads or writes it; apply_rights() makes it so.';
comment on column nextnest.rights.names is 'A pattern of LIKE for the objects of that kind.';
comment on column nextnest.rights.besides is 'Objects the pattern would take in and must not.';

insert into nextnest.rights (role, kind, names, privileges) values
-- Web takes in forms, webhooks and posts, opens conversations, and engages them by itself outside the rollout.
('nextnest_web', 'table', 'leads', 'select, insert, update'),
('nextnest_web', 'table', 'lead_openings', 'select, insert, update, delete'),
('nextnest_web', 'table', 'ai_brokers', 'select, update'),
('nextnest_web', 'table', 'broker_conversations', 'select, insert, update'),
('nextnest_web', 'table', 'incoming_messages', 'select, insert, update'),
('nextnest_web', 'table', 'outgoing_messages', 'select, insert, update'),
('nextnest_web', 'table', 'person_messages', 'select, insert, update'),
('nextnest_web', 'table', 'person_commands', 'select, insert, update'),
('nextnest_web', 'table', 'chat_posts', 'select, insert, update, delete'),
('nextnest_web', 'table', 'rate_limits', 'select, insert, update, delete'),
('nextnest_web', 'table', 'webhook_events', 'select, insert'),
('nextnest_web', 'table', 'legacy_engagements', 'select, insert, update, delete'),
('nextnest_web', 'table', 'circuit_breakers', 'select, update'),
('nextnest_web', 'table', 'model_checks', 'select'),
('nextnest_web', 'table', 'procrastinate_jobs', 'select, insert, update'),
('nextnest_web', 'table', 'procrastinate_events', 'select, insert'),
('nextnest_web', 'table', 'procrastinate_workers', 'select'),
('nextnest_web', 'table', 'procrastinate_migrations', 'select'),
('nextnest_web', 'view', '%', 'select'),
('nextnest_web', 'function', 'procrastinate_defer_jobs_%', 'execute'),
('nextnest_web', 'function', 'procrastinate_cancel_job_%', 'execute'),
-- The worker does the work and the upkeep. It changes rows, never the schema.
('nextnest_worker', 'table', '%', 'select, insert, update, delete'),
('nextnest_worker', 'view', '%', 'select'),
('nextnest_worker', 'function', '%', 'execute'),
-- Operators look at everything and act on most of it. The log of what they did is only ever added to.
('nextnest_console', 'table', '%', 'select, insert, update'),
('nextnest_console', 'table', 'operator_actions', 'select, insert'),
('nextnest_console', 'view', '%', 'select'),
('nextnest_console', 'function', 'procrastinate_%', 'execute'),
-- Dashboards: figures and ids. What was said is not for them.
('nextnest_readonly', 'view', '%', 'select');

update nextnest.rights set besides = '{transcript}' where role = 'nextnest_readonly';
update nextnest.rights set besides = '{operator_actions}' where role = 'nextnest_console' and kind = 'table' and names = '%';

alter table nextnest.rights enable row level security;
revoke all on nextnest.rights from public;
