-- What people did to one job, for its page.
--
-- A job's page tells its whole life; what an operator did to it is found by what it was done to, such as "job 17".

create index operator_actions_by_target on nextnest.operator_actions (target, at);
