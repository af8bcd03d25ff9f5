-- Figures for dashboards, and every function for the console.
--
-- Functions that count straight from the facts read tables as whoever calls them, so a dashboard needs the columns they count
-- by: times, states, brokers, costs. What the guard said of single drafts is in a column that may quote a customer: dashboards
-- read it from the hourly view. The console's pages call functions of ours, not only Procrastinate's.

insert into nextnest.rights (role, kind, names, privileges) values
('nextnest_console', 'function', '%', 'execute'),
('nextnest_readonly', 'function', '%\_per', 'execute'),
('nextnest_readonly', 'table', 'leads', 'select (id, state, loan_type, received_at)'),
('nextnest_readonly', 'table', 'incoming\_messages', 'select (received_at, replied_at, deliberate_wait_s)'),
('nextnest_readonly', 'table', 'outgoing\_messages', 'select (conversation_id, kind, state, sent_at)'),
('nextnest_readonly', 'table', 'broker\_conversations',
 'select (conversation_id, lead_id, broker_id, created_at, assigned_at, first_response_at, handoff_at, handoff_reason)'),
('nextnest_readonly', 'table', 'job\_outcomes', 'select (task_name, started_at, finished_at)'),
('nextnest_readonly', 'table', 'procrastinate\_jobs', 'select (id, task_name)'),
('nextnest_readonly', 'table', 'procrastinate\_events', 'select (job_id, type, at)'),
('nextnest_readonly', 'table', 'ai\_calls',
 'select (conversation_id, at, model, outcome, input_tokens, cached_tokens, output_tokens, cost, latency_s)');

update nextnest.rights set besides = '{guard_per}' where role = 'nextnest_readonly' and names = '%\_per';

select nextnest.apply_rights();
