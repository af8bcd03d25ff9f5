-- Times that can be added up.
--
-- Percentiles cannot be added, so times are kept as histograms: how many fell into each of 208 classes of seconds, each 2^(1/8)
-- times as wide as the one before it. Histograms add up, and a percentile read from one is at most 4.5 % off. What took 10 ms or
-- less counts as nothing.

create function nextnest.histogram_class(seconds double precision) returns int
    language sql immutable strict parallel safe
    return case when seconds <= 0.01 then 0 else least(207, ceil(8 * ln(seconds / 0.01) / ln(2.0::double precision)))::int end;
comment on function nextnest.histogram_class(double precision) is
    'The class of a time: 0 up to 10 ms, n up to 10 ms * 2^(n/8); 207 is everything longer than about a week.';

create function nextnest.histogram(seconds double precision[]) returns int[]
    language sql immutable parallel safe
    return (
        with counted as (
            select nextnest.histogram_class(s) as class, count(*)::int as times from unnest(seconds) s where s is not null group by 1
        )
        select coalesce(array_agg(coalesce(c.times, 0) order by n), '{}')
        from generate_series(0, (select max(class) from counted)) n left join counted c on c.class = n
    );
comment on function nextnest.histogram(double precision[]) is
    'How many of these seconds fall into each class, from class 0 to the last that is not empty.';

create function nextnest.histogram_add(so_far bigint[], more bigint[]) returns bigint[]
    language plpgsql immutable parallel safe
    set search_path = ''
as $$
begin
    for class in 1 .. coalesce(cardinality(more), 0) loop
        so_far[class] := coalesce(so_far[class], 0) + more[class];
    end loop;
    return so_far;
end
$$;
comment on function nextnest.histogram_add(bigint[], bigint[]) is 'Two histograms as one.';

create aggregate nextnest.histogram_sum(bigint[]) (
    sfunc = nextnest.histogram_add, stype = bigint[], initcond = '{}', combinefunc = nextnest.histogram_add, parallel = safe
);
comment on aggregate nextnest.histogram_sum(bigint[]) is 'Many histograms as one.';

create function nextnest.histogram_quantile(histogram bigint[], share double precision) returns double precision
    language sql immutable parallel safe
    return (
        select case when class = 0 then 0 else 0.01 * power(2.0::double precision, (class - 0.5) / 8) end
        from (
            select n - 1 as class, sum(times) over (order by n) as reached, sum(times) over () as total
            from unnest(histogram) with ordinality as h (times, n)
        ) running
        where reached >= greatest(1, ceil(share * total)) order by class limit 1
    );
comment on function nextnest.histogram_quantile(bigint[], double precision) is
    'The seconds that this share of all times did not exceed, at most 4.5 % off; 0 for 10 ms or less; null for no times.';

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on function nextnest.histogram_class(double precision), nextnest.histogram(double precision[]), '
                'nextnest.histogram_add(bigint[], bigint[]), nextnest.histogram_sum(bigint[]), '
                'nextnest.histogram_quantile(bigint[], double precision) from ' || one;
    end loop;
end
$$;
