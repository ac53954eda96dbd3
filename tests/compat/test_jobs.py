"""Queues as code of both generations uses them, through ``import datajoint as dj``."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

CODE = """
import labwright, labwright.compat
labwright.compat.install(generation={generation!r})
import datajoint as dj
{connected}
dj.config["safemode"] = False
schema = dj.{schema}({name!r})

@schema
class Session(dj.Manual):
    definition = "session : {integer}"

@schema
class Score(dj.Computed):
    definition = '''
    -> Session
    ---
    score : {integer}
    '''

    def make(self, key):
        if key["session"] in (2, 4):
            raise ValueError("odd")
        self.insert1({{**key, "score": 1}})

Session.insert([(n,) for n in range(6)])
"""
CLASSIC = """
done = Score.populate(reserve_jobs=True, suppress_errors=True, display_progress=False, order="random", limit=4)
done2 = Score.populate("session < 9", reserve_jobs=True, suppress_errors=True, max_calls=10)
assert done["success_count"] + done2["success_count"] == 4, (done, done2)
assert len(done["error_list"]) + len(done2["error_list"]) == 2
errors = schema.jobs & "status='error'"
assert sorted(job["key"]["session"] for job in errors.fetch(as_dict=True)) == [2, 4]
assert set(errors.fetch("table_name")) == {"__score"}
assert set((schema.jobs & {"table_name": Score.table_name}).fetch("error_message")) == {"ValueError: odd"}
assert "Traceback" in errors.fetch("error_stack")[0]
assert Score.populate(reserve_jobs=True)["success_count"] == 0
Score.make = lambda self, key: self.insert1({**key, "score": 2})
errors.delete()
assert len(schema.jobs) == 0
assert Score.populate(reserve_jobs=True)["success_count"] == 2
assert Score.progress() == (0, 6)
assert len(schema.jobs) == 0
schema.drop()
"""
CURRENT = """
assert issubclass(type(Score.jobs), dj.Job) and dj.jobs.Job is dj.Job
assert Score.jobs.refresh("session < 3") == {"added": 3, "removed": 0, "orphaned": 0, "re_pended": 0}
assert Score.jobs.refresh(priority=1)["added"] == 3
done = Score.populate(reserve_jobs=True, suppress_errors=True, priority=1, refresh=False)
assert (done["success_count"], len(done["error_list"])) == (2, 1), done
done = Score().populate(reserve_jobs=True, suppress_errors=True, return_exception_objects=True)
assert (done["success_count"], len(done["error_list"])) == (2, 1), done
assert isinstance(done["error_list"][0][1], ValueError)
errors = Score.jobs.errors
assert [job["session"] for job in errors.to_dicts(order_by="session")] == [2, 4]
assert list(errors.to_arrays("error_message")) == ["ValueError: odd"] * 2
assert "Traceback" in (Score.jobs & {"session": 2}).fetch1("error_stack")
assert Score.jobs.progress() == {"pending": 0, "reserved": 0, "success": 0, "error": 2, "ignore": 0, "total": 2}
assert [job.target.table_name for job in schema.jobs] == ["__score"]
dj.config.jobs.keep_completed = True
dj.config["jobs.default_priority"] = 3
Score.make = lambda self, key: self.insert1({**key, "score": 2})
(Score.jobs & "status='error'").delete()
dj.config.jobs.auto_refresh = False
assert Score.populate(reserve_jobs=True)["success_count"] == 0
dj.config.jobs.auto_refresh = True
assert Score.populate(reserve_jobs=True)["success_count"] == 2
assert len(Score.jobs.completed) == 2 and set(Score.jobs.to_arrays("priority")) == {3}
assert Score.jobs.reserve({"session": 2}) is False
Score.jobs.ignore({"session": 2})
assert Score.jobs.ignored.fetch("session").tolist() == [2]
found = dj.migrate.add_job_metadata_columns(schema, dry_run=False)
assert (found["tables_modified"], found["columns_added"]) == (1, 3)
assert dj.migrate.add_job_metadata_columns(Score)["details"][0]["status"] == "already_migrated"
(Score & "session = 1").delete_quick()
Score.jobs.delete()
assert Score.populate(reserve_jobs=True)["success_count"] == 1
assert "_job_start_time" not in Score.heading.names
dj.config.jobs.version_method = "git"
Score.jobs.drop()
schema.drop()
"""


@pytest.mark.parametrize(("generation", "code"), [("classic", CLASSIC), ("2", CURRENT)], ids=["classic", "2"])
def test_unmodified_code_shares_its_work(generation: str, code: str, database_url: str, prefix: str) -> None:
    classic = generation == "classic"
    begin = textwrap.dedent(CODE).format(
        generation=generation,
        connected=f"labwright.config['database.url'] = {database_url!r}",
        schema="schema" if classic else "Schema",
        integer="int" if classic else "int32",
        name=f"{prefix}lab",
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", begin + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
