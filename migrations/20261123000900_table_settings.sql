-- How tables that live by updates are kept small.
--
-- Postgres vacuums a table after a fifth of it has died. For a queue that is late: its live rows are few, its finished ones are
-- many until they are dropped, and a fetch steps over what is dead. So tables with many updates are vacuumed by the number of
-- dead rows, near enough whatever their size. Tables of a few rows that are updated all day also leave room in their pages: an
-- update of columns without an index then stays in the page (HOT) and touches no index. In procrastinate_jobs, outgoing_messages
-- and broker_conversations every change of state touches an index, so room in the page would only make them larger.
-- Each statement waits for no reader and no writer, and no page is written anew.

-- A job is four updates or so: a thousand dead rows are a few minutes of a hundred conversations a minute.
alter table nextnest.procrastinate_jobs set (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02);
-- Only ever added to, and dropped by night: then a fiftieth at once.
alter table nextnest.procrastinate_events set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table nextnest.outgoing_messages set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table nextnest.broker_conversations set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- One row each for the busiest locks there are; half a page free holds dozens of versions between two vacuums.
alter table nextnest.ai_brokers set (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table nextnest.circuit_breakers set (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table nextnest.spend_days set (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
