-- Built only when the test of `verdict` passed: dbt build skips what stands behind a failed test.
-- depends_on: {{ ref('verdict') }}
select * from {{ ref('labelled') }}
