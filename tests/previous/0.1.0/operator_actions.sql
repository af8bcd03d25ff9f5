-- record_action: Write down what an operator does, in the transaction that does it.
insert into operator_actions (operator, role, action, target, conversation_id, detail)
values (%(operator)s, %(role)s, %(action)s, %(target)s, %(conversation_id)s, %(detail)s);

-- recent_actions: What was done last, newest first, before a given line.
select id, at, operator, role, action, target, conversation_id, detail from operator_actions
where %(before)s::bigint is null or id < %(before)s
order by id desc limit %(most)s;

-- actions_on: What people did to one conversation, oldest first.
select id, at, operator, action, target, detail from operator_actions
where conversation_id = %(conversation_id)s order by id;
