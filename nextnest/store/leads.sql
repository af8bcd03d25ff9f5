-- keep_lead: Keep a lead as it came and as it was understood.
insert into leads (raw, lead, contact_key, loan_type, lead_score, lead_score_points, client_lead_score, session_id)
values (%(raw)s, %(lead)s, %(contact_key)s, %(loan_type)s, %(lead_score)s, %(points)s, %(client_lead_score)s, %(session_id)s)
returning id;

-- keep_rejected: Keep a form we could not accept, with what was wrong, so that nobody's request is lost.
insert into leads (state, raw, problems) values ('rejected', %(raw)s, %(problems)s) returning id;

-- lead_by_id: One lead with everything we know of it.
select * from leads where id = %(lead_id)s;

-- claim_opening: Take the right to open the conversation of this contact and loan type; no row when somebody else has it.
insert into lead_openings (contact_key, loan_type, lead_id, claimed_until)
select contact_key, loan_type, id, now() + make_interval(secs => %(hold_s)s) from leads where id = %(lead_id)s
on conflict (contact_key, loan_type) do update
    set lead_id = excluded.lead_id, claimed_until = excluded.claimed_until
    where lead_openings.claimed_until < now() or lead_openings.lead_id = excluded.lead_id
returning creating_since;

-- mark_creating: From now on a conversation may exist, even if we never hear of it.
update lead_openings set creating_since = clock_timestamp() where lead_id = %(lead_id)s;

-- release_opening: Give the right back.
delete from lead_openings where lead_id = %(lead_id)s;

-- release_untouched: Give the right back, unless a conversation may have been created under it.
delete from lead_openings where lead_id = %(lead_id)s and creating_since is null;

-- record_opened: The lead has its conversation.
update leads
set state = %(state)s, conversation_id = %(conversation_id)s, contact_id = %(contact_id)s, opened_at = now()
where id = %(lead_id)s and state = 'received';

-- revoke_links: The chat links into this conversation open nothing any more.
update leads set link_revoked_at = now()
where conversation_id = %(conversation_id)s and link_revoked_at is null and state <> 'erased';

-- restore_links: The chat links into this conversation that somebody ended open it again.
update leads set link_revoked_at = null where conversation_id = %(conversation_id)s and link_revoked_at is not null;

-- forgotten_leads: Leads received a while ago that have no conversation and no job that would open one.
select l.id from leads l
where l.state = 'received' and l.received_at < now() - make_interval(secs => %(older_than_s)s)
  and not exists (select from procrastinate_jobs j
                  where j.lock = 'lead-' || l.id and j.status in ('todo', 'doing'))
  and not exists (select from setbacks s where s.key = 'open-conversation-' || l.id and s.not_before > now())
order by l.received_at limit 100;
