#!/bin/bash
# The two runs of `make test`: what touches rows on PostgreSQL first, then everything on SQLite.
# A failure of the first run ends here, so that the last line is always pytest's own.
# usage: tests/run.sh JOBS [PATH ...]
set -eu
jobs=$1
shift
python=${PYTHON:-.venv/bin/python}
# The runs start hundreds of processes: none compiles again what another has compiled, here or in the last run.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=$PWD/build/pycache
if [ $# -gt 0 ]; then
    exec "$python" -m pytest -q -n "$jobs" --dist worksteal "$@"
fi
# What no database changes is looked at once, in the second run: paper, words, the embedded demo, the server, who is let in.
once="clinic/test_refusals.py clinic/test_canaries_on_pages.py clinic/test_demo.py clinic/test_lock_and_accounts.py
    clinic/test_visit_on_paper.py clinic/followup/test_my_muscles.py clinic/test_writes_on_record.py
    clinic/keeping/test_serving.py"
echo "== rows on PostgreSQL: tests/clinic tests/spec"
DATABASE_URL=$MYOTOME_TEST_POSTGRES "$python" -m pytest -q -n "$jobs" --dist worksteal tests/clinic tests/spec \
    $(printf -- '--ignore tests/%s ' $once)
echo "== everything on SQLite"
exec "$python" -m pytest -q -n "$jobs" --dist worksteal --durations=5
