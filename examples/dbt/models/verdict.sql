-- The newest verdict on `labelled`; schema.yml accepts a pass only, and `training` waits for it.
select run.started as started, verdict.status as status, verdict.says as says
from read_json('labelgate-runs/*/report.json', union_by_name = true)
where data.name = 'labelled'
order by run.started desc
limit 1
