-- due: Whether one of these models has not been looked up for a day.
select exists (
    select from unnest(%(models)s::text[]) as configured (model)
    where not exists (select from model_checks c
                      where c.model = configured.model and c.checked_at > now() - interval '1 day')) as due;

-- record: What the provider says of a model today.
insert into model_checks (model, listed, shutdown_date) values (%(model)s, %(listed)s, %(shutdown_date)s)
on conflict (model) do update
    set listed = excluded.listed, shutdown_date = excluded.shutdown_date, checked_at = now();

-- forget_others: Drop models that are not configured any more: nobody need be told of their end.
delete from model_checks where model <> all (%(models)s::text[]);
