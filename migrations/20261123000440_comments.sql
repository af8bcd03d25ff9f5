-- What each view and each column of it means, where psql, Supabase Studio and Grafana show it.
--
-- docs/metrics.md says the same in the same words, and a test compares them.

comment on view nextnest.broker_metrics is
    'One row per broker, over all time: load, volume, hand-overs, and how soon customers hear from her.';
comment on column nextnest.broker_metrics.broker_id is 'The broker.';
comment on column nextnest.broker_metrics.name is 'Her name.';
comment on column nextnest.broker_metrics.is_active is 'Whether she takes new conversations.';
comment on column nextnest.broker_metrics.current_workload is 'Conversations she holds a place for.';
comment on column nextnest.broker_metrics.max_concurrent_chats is 'How many she may hold.';
comment on column nextnest.broker_metrics.conversations is 'Conversations that are or were last hers.';
comment on column nextnest.broker_metrics.messages is 'Messages exchanged in them, the customers'' and ours.';
comment on column nextnest.broker_metrics.handoffs is 'How many of them ever went to a person.';
comment on column nextnest.broker_metrics.handoff_rate is 'handoffs / conversations; 0 without conversations.';
comment on column nextnest.broker_metrics.first_response_p50_s is
    'Median seconds from the form (without one, the first sign of the conversation) to our first line.';
comment on column nextnest.broker_metrics.first_response_p95_s is 'The same, 95th percentile.';
comment on column nextnest.broker_metrics.is_available is 'Whether she is active and has a free place.';
comment on column nextnest.broker_metrics.first_responses is
    'Conversations in which our first line was sent: what the percentiles are made of.';
comment on column nextnest.broker_metrics.last_message_at is 'When something was last said in one of them.';

comment on view nextnest.queue_metrics is
    'One row per task that has jobs, or had some in the last 24 hours.';
comment on column nextnest.queue_metrics.task_name is 'The task.';
comment on column nextnest.queue_metrics.waiting is 'Jobs that are not started, those due later included.';
comment on column nextnest.queue_metrics.running is 'Jobs that run.';
comment on column nextnest.queue_metrics.failed is 'Jobs that failed for good and are still kept.';
comment on column nextnest.queue_metrics.oldest_waiting_s is
    'Seconds the oldest job that could run has waited since it was deferred or due; null when none could.';
comment on column nextnest.queue_metrics.run_p50_s is
    'Median seconds from start to end of the jobs that ended in the last 24 hours, deliberate waits included.';
comment on column nextnest.queue_metrics.run_p95_s is 'The same, 95th percentile.';
comment on column nextnest.queue_metrics.due_later is 'Of the waiting ones, those with a due time in the future.';
comment on column nextnest.queue_metrics.ended is 'Jobs that ended in the last 24 hours, as done or failed.';

comment on view nextnest.response_times is
    'One row per customer''s message that a reply of ours answered.';
comment on column nextnest.response_times.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.response_times.message_id is 'Chatwoot''s id of the message.';
comment on column nextnest.response_times.received_at is 'When we had it.';
comment on column nextnest.response_times.started_at is 'When a job first took it in.';
comment on column nextnest.response_times.replied_at is 'When the reply was sent.';
comment on column nextnest.response_times.deliberate_wait_s is
    'Seconds of it that we waited on purpose, like a person; never more than response_s.';
comment on column nextnest.response_times.processing_s is
    'Seconds of it that were work or queue: response_s less deliberate_wait_s, never negative.';
comment on column nextnest.response_times.response_s is 'Seconds from received_at to replied_at.';
comment on column nextnest.response_times.queued_s is 'Seconds from received_at to started_at.';

comment on view nextnest.waiting_leads is
    'Leads for whom nobody was free, in the order in which they will be served.';
comment on column nextnest.waiting_leads.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.waiting_leads.position is 'Its place in line; 1 is next.';
comment on column nextnest.waiting_leads.waiting_since is 'Since when it waits.';
comment on column nextnest.waiting_leads.lead_score is 'Its score, 0 to 100; it does not change the order.';

comment on view nextnest.unanswered_messages is
    'Customers'' messages without an answer, and why. A row with reason "no job" is a fault.';
comment on column nextnest.unanswered_messages.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.unanswered_messages.message_id is 'Chatwoot''s id of the message.';
comment on column nextnest.unanswered_messages.received_at is 'When we had it.';
comment on column nextnest.unanswered_messages.reason is
    'waiting for a broker, a person has it, being answered, queued, or no job.';

comment on view nextnest.handoffs is
    'Conversations that went to a person: each once, for the first time and its reason.';
comment on column nextnest.handoffs.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.handoffs.broker_id is 'The broker who had it; null when none did.';
comment on column nextnest.handoffs.handoff_at is 'When it first went to a person.';
comment on column nextnest.handoffs.handoff_reason is 'Why, by name; docs/handover.md lists the reasons.';

comment on view nextnest.ai_usage is
    'Model calls, tokens and cost in US dollars per Singapore day and model.';
comment on column nextnest.ai_usage.day is 'The Singapore day on which the turn reserved its money: whose cap it counts towards.';
comment on column nextnest.ai_usage.model is 'The model.';
comment on column nextnest.ai_usage.calls is 'Calls, whatever came of them.';
comment on column nextnest.ai_usage.input_tokens is 'Tokens we sent, the cached ones included.';
comment on column nextnest.ai_usage.output_tokens is 'Tokens it wrote.';
comment on column nextnest.ai_usage.total_tokens is 'Both.';
comment on column nextnest.ai_usage.cost is 'US dollars; where the provider named no tokens, the most the call can have cost.';

comment on view nextnest.broker_capacity_drift is
    'Brokers whose list is not their open assignments. Must always be empty.';
comment on column nextnest.broker_capacity_drift.broker_id is 'The broker.';
comment on column nextnest.broker_capacity_drift.name is 'Her name.';
comment on column nextnest.broker_capacity_drift.held is 'Conversations on her list.';
comment on column nextnest.broker_capacity_drift.open is 'Conversations that are active and hers.';

comment on view nextnest.transcript is
    'What customer, broker and person really said, by Chatwoot''s message id. Private notes never appear.';
comment on column nextnest.transcript.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.transcript.message_id is
    'Chatwoot''s id of the message; within a conversation they are in the order of what was said.';
comment on column nextnest.transcript.role is 'customer, broker, person, or system for a line such as "joined".';
comment on column nextnest.transcript.content is 'The words. Personal data.';
comment on column nextnest.transcript.at is 'When it was sent.';

comment on view nextnest.unsettled_effects is
    'Effects that may or may not have happened in Chatwoot, since when, and why we cannot tell. Ordinarily empty within seconds.';
comment on column nextnest.unsettled_effects.conversation_id is 'Chatwoot''s id of the conversation.';
comment on column nextnest.unsettled_effects.effect_id is 'The effect: an id of outgoing_messages.';
comment on column nextnest.unsettled_effects.kind is 'What it is: a reply, a greeting, a status and so on.';
comment on column nextnest.unsettled_effects.state is
    'sending: a request is on its way, or its process died. unknown: the answer was lost.';
comment on column nextnest.unsettled_effects.since is 'When it was last tried.';
comment on column nextnest.unsettled_effects.attempts is 'How often it was tried.';
comment on column nextnest.unsettled_effects.last_error is 'What went wrong the last time.';

comment on view nextnest.hourly_traffic is
    'Per hour: leads, messages, replies and response times. Kept for ever; an hour without a row was not added up yet.';
comment on column nextnest.hourly_traffic.hour is 'When the hour begins.';
comment on column nextnest.hourly_traffic.leads is 'Forms we took in.';
comment on column nextnest.hourly_traffic.refused_leads is 'Forms we refused for their fields.';
comment on column nextnest.hourly_traffic.customer_messages is 'Customers'' messages that came in.';
comment on column nextnest.hourly_traffic.replies is 'Replies of the AI that were sent.';
comment on column nextnest.hourly_traffic.answered is 'Customers'' messages answered by them: one reply may answer several.';
comment on column nextnest.hourly_traffic.response_p50_s is
    'Median seconds from a message to its reply, by when the reply was sent; at most 4.5 % off, as every percentile here.';
comment on column nextnest.hourly_traffic.response_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_traffic.response_p99_s is 'The same, 99th percentile.';
comment on column nextnest.hourly_traffic.deliberate_p50_s is 'Median seconds of it that we waited on purpose.';
comment on column nextnest.hourly_traffic.deliberate_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_traffic.processing_p50_s is 'Median seconds of it that were work or queue.';
comment on column nextnest.hourly_traffic.processing_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_traffic.response is 'The histogram behind it, for histogram_sum and histogram_quantile.';
comment on column nextnest.hourly_traffic.deliberate is 'Likewise.';
comment on column nextnest.hourly_traffic.processing is 'Likewise.';
comment on column nextnest.hourly_traffic.rolled_at is 'When the hour was last added up.';

comment on view nextnest.hourly_brokers is
    'Per hour and broker: what she did. A conversation counts for the broker it had when the hour was added up.';
comment on column nextnest.hourly_brokers.hour is 'When the hour begins.';
comment on column nextnest.hourly_brokers.broker_id is 'The broker.';
comment on column nextnest.hourly_brokers.name is 'Her name.';
comment on column nextnest.hourly_brokers.conversations is 'Conversations she was given.';
comment on column nextnest.hourly_brokers.first_responses is 'Conversations in which her first line was sent.';
comment on column nextnest.hourly_brokers.first_response_p50_s is 'Median seconds from the form to that line.';
comment on column nextnest.hourly_brokers.first_response_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_brokers.replies is 'Replies that were sent.';
comment on column nextnest.hourly_brokers.handoffs is 'Conversations that went to a person for the first time.';
comment on column nextnest.hourly_brokers.cost is 'US dollars of the model''s calls.';
comment on column nextnest.hourly_brokers.first_response is 'The histogram behind the percentiles.';

comment on view nextnest.hourly_handovers is
    'Per hour and reason: conversations that went to a person for the first time.';
comment on column nextnest.hourly_handovers.hour is 'When the hour begins.';
comment on column nextnest.hourly_handovers.reason is 'Why, by name.';
comment on column nextnest.hourly_handovers.handovers is 'How many.';

comment on view nextnest.hourly_jobs is
    'Per hour and task: jobs.';
comment on column nextnest.hourly_jobs.hour is 'When the hour begins.';
comment on column nextnest.hourly_jobs.task_name is 'The task.';
comment on column nextnest.hourly_jobs.ended is
    'Jobs that ended by themselves, as done or failed; those of upkeep itself are not counted here.';
comment on column nextnest.hourly_jobs.failed is 'Jobs that failed for good.';
comment on column nextnest.hourly_jobs.put_back is
    'Attempts that went back to the queue, to be tried again or because something they need was away.';
comment on column nextnest.hourly_jobs.run_p50_s is 'Median seconds from start to end, deliberate waits included.';
comment on column nextnest.hourly_jobs.run_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_jobs.run is 'The histogram behind it.';

comment on view nextnest.hourly_models is
    'Per hour and model: calls, tokens, cost and latency.';
comment on column nextnest.hourly_models.hour is 'When the hour begins.';
comment on column nextnest.hourly_models.model is 'The model.';
comment on column nextnest.hourly_models.calls is 'Calls, whatever came of them.';
comment on column nextnest.hourly_models.failed is 'Calls without an answer; one we cut short ourselves is none.';
comment on column nextnest.hourly_models.input_tokens is 'Tokens we sent, the cached ones included.';
comment on column nextnest.hourly_models.cached_tokens is 'Of these, tokens the provider had cached.';
comment on column nextnest.hourly_models.output_tokens is 'Tokens it wrote.';
comment on column nextnest.hourly_models.cost is 'US dollars.';
comment on column nextnest.hourly_models.latency_p50_s is 'Median seconds of a call that was answered.';
comment on column nextnest.hourly_models.latency_p95_s is 'The same, 95th percentile.';
comment on column nextnest.hourly_models.latency is 'The histogram behind it.';

comment on view nextnest.hourly_guard is
    'Per hour and rule: drafts by what the guard said. A draft that broke two rules counts for both.';
comment on column nextnest.hourly_guard.hour is 'When the hour begins.';
comment on column nextnest.hourly_guard.rule is 'The rule it broke; passed for a draft that broke none.';
comment on column nextnest.hourly_guard.drafts is 'How many.';

comment on view nextnest.queue_depth is
    'What waited at the beginning of each minute; 40 days. A minute without a row is one in which no worker lived.';
comment on column nextnest.queue_depth.at is 'The minute.';
comment on column nextnest.queue_depth.waiting is 'Jobs that could run and were not started.';
comment on column nextnest.queue_depth.running is 'Jobs that ran.';
comment on column nextnest.queue_depth.oldest_waiting_s is 'Seconds the oldest of the waiting ones had waited; null for none.';
comment on column nextnest.queue_depth.unanswered is 'Customers'' messages without an answer.';
comment on column nextnest.queue_depth.oldest_unanswered_s is 'Seconds the oldest of them had waited; null for none.';
comment on column nextnest.queue_depth.waiting_leads is 'Leads for whom no broker was free.';
