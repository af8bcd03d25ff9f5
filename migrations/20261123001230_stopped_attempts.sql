-- An attempt that an operator stopped is kept like the others.
--
-- It ended as "aborted" in the queue and left no row of its own, so neither the job's page nor the conversation's story knew its
-- worker or its end. The check only grows: the release before this one writes what it always wrote.

alter table nextnest.lost_attempts drop constraint lost_attempts_reason_check, add constraint lost_attempts_reason_check
    check (reason in ('failed', 'handed back', 'stopped', 'worker died', 'buried'));
comment on column nextnest.lost_attempts.reason is
    'failed; handed back uncounted; stopped by an operator; worker died, tried again; buried after its workers died three times.';
