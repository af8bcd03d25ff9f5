-- How tables that live by updates are kept small.
--
-- Postgres vacuums a table after a fifth of it has died. For a queue that is late: its live rows are few, its finished ones are
-- many until they are dropped, and a fetch steps over what is dead. So large tables with many updates are vacuumed after a
-- hundredth or two. Tables of a few rows are vacuumed after fifty dead ones as it is; they get room in their pages instead: an
-- update of columns without an index then stays in its page (HOT), touches no index, and the next reader of the page clears it up.
-- In procrastinate_jobs, outgoing_messages and broker_conversations every change of state touches an index, so room in their
-- pages would only make them larger.
-- Each statement waits for no reader and no writer, and writes no page anew: rows find their room as they are updated.

-- A job is two updates or more: at a hundred jobs a minute the thousand is five minutes.
alter table nextnest.procrastinate_jobs set (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02);
-- Only ever added to, and dropped by night: then a fiftieth at once.
alter table nextnest.procrastinate_events set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table nextnest.outgoing_messages set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table nextnest.broker_conversations set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- A broker is about a kilobyte: one to a page of eight, with room for six newer versions.
alter table nextnest.ai_brokers set (fillfactor = 20);
-- Rows of some sixty bytes, and the busiest locks there are: half a page is room for dozens of versions.
alter table nextnest.circuit_breakers set (fillfactor = 50);
alter table nextnest.spend_days set (fillfactor = 50);
