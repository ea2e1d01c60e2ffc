{% test unique_combination(model, columns) %}
-- Values of the columns together that more than one row has.
select {{ columns | join(', ') }}, count(*) as n
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
