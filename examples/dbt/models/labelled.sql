-- What training would learn from, as a file that labelgate reads.
{{ config(materialized='external', location='labelled.parquet') }}
select * from {{ ref('raw_labels') }} where label is not null
