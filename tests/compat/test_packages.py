"""Published pipelines, unmodified, on every database: declared, filled, populated, queried, deleted, dropped.

What the programs in `pipelines` find is the same on all databases, and was computed by hand from what they insert.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., dict[str, Any]]


def test_subjects_sessions_events_and_trials(run_pipeline: Run) -> None:
    assert run_pipeline("events.py") == {
        "members": 2,
        "no role": "bo",
        "roles": [{"user_role": "PI", "n": 1}],
        "all roles": [1, 0],
        "described": "it's a “mouse”",
        "blob": {"before": [21.5, 22.0]},
        "active": True,
        "zygosity": "Heterozygous",
        "parts": ["allele"],
        "populate": "For `insert`, use `allow_direct_insert=True`",
        "aligned": "unsupported operand type(s) for +=: 'decimal.Decimal' and 'float'",
        "not aligned": [3, [None]],
        "licks per trial": [2, 0],
        "types": ["cue", "end", "lick"],
        "last of each": [12.0, 13.5, 17.0],
        "frame": [["subject", "session_datetime", "trial_id"], [8.0, 18.0, 28.0, 38.0]],
        "refused": "LabwrightError",
        "deleted": [[7, 4], [4, 2]],
        "left": [{"alignment_event": 1, "project": 1, "organization": 1}, []],
    }


def test_a_recording_is_read_sorted_and_measured(run_pipeline: Run) -> None:
    assert run_pipeline("ephys.py") == {
        "electrodes": [5, 2 * 960],
        "location": ["-1250.50", "-2000.25", "None"],
        "recording": ["641251209", "SpikeGLX", 1000.0, 4.0],
        "recorded at": "2024-03-05 10:31:00",
        "config": ["0-7", True],
        "files": ["mouse1/session1/run_g0_imec0/run_g0_t0.imec0.ap.meta"],
        "lfp": [[4000], "float64", 1],
        "lfp times": [0.0, 0.001, 0.002],
        "lfp mean": True,
        "again": "The specified param-set already exists - with paramset_idx: 1",
        "params": {"fs": 1000, "th": [9, 9], "lam": 10.0},
        "paramsets": [1, 2],
        "task": ["load", "mouse1/session1/probe_0/kilosort2_1"],
        "curations": [
            {"curation_id": 1, "curation_note": ""},
            {"curation_id": 2, "curation_note": "looked at again"},
        ],
        "progress": [1, 2],
        "units": [[0, "good", 20, 2], [1, "mua", 20, 5], [3, "noise", 20, 7]],
        "spikes": ["f(20,)", "f(20,)", "f(20,)"],
        "waveforms": [3, 3 * 8],
        "waveform shapes": [[20, 64]],
        "no metrics": ["FileNotFoundError"],
        "nothing stored": 0,
        "metrics": [[0, 2.5, 0.01, 120.5, 0.15], [1, None, 0.0, 80.25, None], [3, 1.25, 0.5, 60.0, 0.25]],
        "shanks": [0],
        "counts": [1, 1, 1, 0],
        "best": 0,
        "depths": [20.0, 40.0, 60.0],
        "cutoffs": 2,
        "cutoff": 0.2,
        "parents": ["_ephys_recording"],
        "children": ["__probe_level_report", "_curated_clustering__unit", "_quality_metrics", "_waveform_set"],
        "ancestors": 18,
        "left": [{"project": 1, "organization": 1}, []],
    }


def test_a_colony_is_ingested_from_raw_records(run_pipeline: Run) -> None:
    made = {
        "Lab": 1,
        "LabMember": 2,
        "LabMembership": 1,
        "Species": 1,
        "Strain": 1,
        "Source": 1,
        "Line": 1,
        "Subject": 3,
    }
    made |= {"SubjectCullMethod": 1, "Weighing": 4, "WaterType": 1, "WaterAdministration": 2, "Session": 2}
    assert run_pipeline("alyx.py") == {
        "raw": [sum(made.values()) - made["SubjectCullMethod"], 21],
        "field": "M1",
        "models": [["actions.weighing", "subjects.subject", "actions.session"], [4, 3, 2]],
        "populated": made,
        "left to do": [0] * len(made),
        "fresh": "lab-a",
        "copied": [2, 3, 4, 2],
        "described": 'it\'s "quoted" 100%',
        "weights": [21.5, 21.25, 20.75],
        "days": ["2019-03-01", "2019-03-02", "2019-03-03"],
        "latest": [20.75, 25.0],
        "never weighed": ["M3"],
        "water": [1.5, False],
        "by whom": ["Bjørn"],
        "age": [59, 60],
        "sessions": [[2], "2019-03-02 10:00:00"],
        "projects": 25,
        "after": [2, 1, 0, 0],
        "shadows": 0,
        "left": [],
    }


def test_spikes_are_kept_in_a_store(run_pipeline: Run) -> None:
    assert run_pipeline("clusters.py") == {
        "clusters": [[0, 1, 2], [1.5, 2.5, 3.5]],
        "spikes": [30, 30, 30],
        "waveforms": [4, 5],
        "good": [1, 1, 1],
        "rate": [1.0, 1.0, 1.0],
        "labels": ["good", "mua"],
        "stored": 22,  # seven of each cluster's own, and the waveforms that are the same for all
        "files": 22,
        "unused": 0,
        "left": [15, 0, 2],
        "again": [30, 30],
    }


def test_generation_2_with_schemas_named_by_a_package(run_pipeline: Run) -> None:
    assert run_pipeline("current.py", generation="2") == {
        "version": "2.3.5",
        "stores": "file",
        "names": ["colony_v1__core"],  # tables are declared when they are first used
        "populated": [4, 4, 2 * (5 + 3)],
        "again": 0,
        "peaks": [20.5, 13.5, -0.5, -3.5],
        "row": ["a", "b"],
        "room": "m1",
        "kept": [{"mouse": "m1", "n": 2}, {"mouse": "m2", "n": 0}],
        "dropped": 1,
        "top": [{"mouse": "m1", "session": 2}],
        "extended": ["2024-01-02", "2024-01-02"],
        "refused": ["QueryError", "QueryError", "UnknownAttributeError"],
        "virtual": [4, ["mouse", "session", "window", "sample"], ["window"]],
        "frame": [["mouse", "session", "window"], 4],
        "updated": {"room": 6},
        "deleted": [1, 2, 5 + 3],
        "left": [],
    }
