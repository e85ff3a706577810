#!/bin/sh
# Build the labelled table, gate it, then build what learns from it. dbt has the last word: `training`
# waits for a verdict that passed, also when somebody runs `dbt build` without this script.
set -u
${DBT:-dbt} build --select raw_labels labelled || exit 1
${LABELGATE:-labelgate} run gate.yaml --engine direct
verdict=$?
${DBT:-dbt} build --select verdict training || exit "$((verdict > 0 ? verdict : 1))"
