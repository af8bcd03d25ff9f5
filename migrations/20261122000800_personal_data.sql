-- A contact can be forgotten.
--
-- What a contact said and told us is blanked and the rows stay, so that counts still add up and no message is taken in a
-- second time from Chatwoot. A lead has a state for it; a conversation remembers when. An effect whose answer was lost may be
-- given up with it: what it was to say is not known any more. The indexes are for finding everything of one contact.

alter table nextnest.leads
    add column erased_at timestamptz,
    drop constraint leads_state_check,
    add constraint leads_state_check check (state in ('received', 'rejected', 'opened', 'reused', 'erased')),
    drop constraint an_accepted_lead_is_normalised,
    add constraint an_accepted_lead_is_normalised check (state in ('rejected', 'erased') or lead is not null);
comment on column nextnest.leads.erased_at is 'When its personal data was blanked; loan type, score and times stay, for counting.';

alter table nextnest.broker_conversations add column erased_at timestamptz;
comment on column nextnest.broker_conversations.erased_at is
    'When what was said until then was blanked. The customer may have written since.';

drop trigger a_lead_goes on nextnest.leads;
create trigger a_lead_goes before update of state on nextnest.leads
    for each row when (old.state <> new.state and (old.state, new.state) not in (
        ('received', 'opened'), ('received', 'reused'),
        ('received', 'erased'), ('rejected', 'erased'), ('opened', 'erased'), ('reused', 'erased')))
    execute function nextnest.refuse_transition('state', 'id');

drop trigger an_effect_goes on nextnest.outgoing_messages;
create trigger an_effect_goes before update of state on nextnest.outgoing_messages
    for each row when (old.state <> new.state and (old.state, new.state) not in (
        ('planned', 'sending'), ('planned', 'sent'), ('planned', 'unknown'), ('planned', 'withheld'),
        ('sending', 'sent'), ('sending', 'unknown'), ('sending', 'planned'), ('sending', 'withheld'),
        ('unknown', 'sent'), ('unknown', 'planned'), ('unknown', 'withheld'),
        ('withheld', 'planned'), ('withheld', 'sent')))
    execute function nextnest.refuse_transition('state', 'id', 'conversation_id', 'kind');

create index leads_by_contact_key on nextnest.leads (contact_key);
create index leads_by_phone on nextnest.leads ((lead ->> 'phone'));
create index leads_by_contact on nextnest.leads (contact_id);
create index leads_by_age on nextnest.leads (received_at) where state <> 'erased';
create index broker_conversations_by_contact on nextnest.broker_conversations (contact_id);
