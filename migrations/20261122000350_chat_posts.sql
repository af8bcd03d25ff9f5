-- What customers send from the chat page.
--
-- The page gives every text an id of its own and may send it again when an answer was lost. A row is written before Chatwoot
-- is asked and removed when Chatwoot certainly did nothing: a row without a message id means "it may be there, look first".

create table nextnest.chat_posts (
    lead_id uuid not null references nextnest.leads on delete cascade,
    client_id uuid not null,
    conversation_id bigint not null,
    message_id bigint,
    attempted_at timestamptz not null default now(),
    primary key (lead_id, client_id)
);
comment on table nextnest.chat_posts is 'Texts of the chat page by the id the page gave them, so that none is posted twice.';
create index chat_posts_by_message on nextnest.chat_posts (conversation_id, message_id);
