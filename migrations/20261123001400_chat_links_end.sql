-- A chat link can be taken back.
--
-- A link is a key: who has it reads the conversation. Most ends come by themselves, when nobody has written for a while; that is
-- computed from the times the tables hold already. What has to be kept is that somebody ended it: one time per lead, filled by
-- the console and emptied when the link is opened again. An open page is told, looks, and learns that its link has ended. The
-- release before this one does not look at it.

alter table nextnest.leads add column link_revoked_at timestamptz;
comment on column nextnest.leads.link_revoked_at is 'When an operator ended this lead''s chat link; null while it opens.';

create trigger a_link_was_ended after update of link_revoked_at on nextnest.leads
    for each row when (old.conversation_id is not null and new.link_revoked_at is distinct from old.link_revoked_at)
    execute function nextnest.tell_chat_page();
