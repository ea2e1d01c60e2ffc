-- One row per person and week, eight weeks from the last sync on: the working days that are left of it.
with weeks as (
    select cast(unnest(generate_series(
        date_trunc('week', cast('{{ var("as_of") }}' as date)),
        date_trunc('week', cast('{{ var("as_of") }}' as date)) + interval 49 day,
        interval 7 day
    )) as date) as week_on
)

select
    person.person_gid,
    weeks.week_on,
    greatest(weeks.week_on, cast('{{ var("as_of") }}' as date)) as from_on,
    weeks.week_on + 4 as to_on,
    greatest(weeks.week_on + 5 - greatest(weeks.week_on, cast('{{ var("as_of") }}' as date)), 0) as working_days
from {{ ref('stg_asana__users') }} as person
cross join weeks
