"""ibl-pipeline: clusters of spikes, kept with ``blob@ephys`` in a store, populated and analysed by the package itself.

What the package loads its data with is stood in for: it talks to a server of the lab's.
"""

import json
import os
import sys
import types
import uuid
from pathlib import Path

import datajoint as dj
import numpy as np
import pandas as pd
from place import DATA, PREFIX

CLUSTERS, SPIKES = 3, 90
RANDOM = np.random.default_rng(1)
found = {}


class One:
    """Gives the files of a session."""

    def load(self, session, dataset_types, **_):
        return [DATA / session / "alf" / "files"]


class Alf(dict):
    """An object of arrays, by attribute too."""

    __getattr__ = dict.__getitem__


def load_object(folder, name):
    if name == "spikes":
        return Alf(
            times=np.linspace(0, 30, SPIKES),
            clusters=np.arange(SPIKES) % CLUSTERS,
            depths=RANDOM.random(SPIKES),
            amps=RANDOM.random(SPIKES),
            templates=np.arange(SPIKES),
            samples=np.arange(SPIKES) * 30,
        )
    labels = ["good", "mua", None]
    metrics = pd.DataFrame({"ks2_label": labels, "drift": [0.5, np.nan, 2.0]})
    return Alf(
        uuids=pd.DataFrame({"uuids": [str(uuid.UUID(int=n)) for n in range(CLUSTERS)]}),
        channels=list(range(CLUSTERS)),
        amps=[1.5, 2.5, 3.5],
        depths=[10.0, 20.0, 30.0],
        waveforms=np.ones((CLUSTERS, 4, 5)),
        waveformsChannels=np.arange(CLUSTERS * 4).reshape(CLUSTERS, 4),
        peakToTrough=np.array([0.1, 0.2, 0.3]),
        metrics=metrics,
    )


def stand_in(name, **members):
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    return module


io = stand_in("alf.io", load_object=load_object, get_session_path=lambda file: Path(file).parent.parent)
stand_in("alf", io=io)
stand_in("oneibl", one=stand_in("oneibl.one", ONE=lambda **_: One()))
os.environ["MODE"] = "public"  # stores are told below, rather than asked for in the database
from ibl_pipeline import acquisition, behavior, data, subject  # noqa: E402, F401  # MovementTimes names one

wheel = dj.schema("group_shared_wheel")


@wheel
class MovementTimes(dj.Manual):
    definition = """
    -> behavior.TrialSet.Trial
    event : varchar(32)
    ---
    movement_onset : float
    """


MovementTimes.fetch()
from ibl_pipeline import ephys  # noqa: E402

dj.config["stores"] = {
    "ephys": {"protocol": "file", "location": str(DATA / "ephys")},
    "plotting": {"protocol": "file", "location": str(DATA / "plotting")},
}
for folder in ("ephys", "plotting"):
    (DATA / folder).mkdir()

mouse = {"subject_uuid": uuid.UUID(int=7)}
subject.Subject.insert1({**mouse, "subject_nickname": "M1", "sex": "F", "protocol_number": 1})
key = {**mouse, "session_start_time": "2019-03-01 10:00:00"}
acquisition.Session.insert1({**key, "session_uuid": uuid.UUID(int=8), "task_protocol": "ephysChoiceWorld"})
ephys.CompleteClusterSession.insert1(key, allow_direct_insert=True)
ephys.ProbeInsertion.insert1({**key, "probe_idx": 0, "probe_label": "probe00"}, allow_direct_insert=True)
data.DataSetType.insert1(
    {"dataset_type_name": "spikes.times", "dataset_type_uuid": uuid.UUID(int=1), "filename_pattern": "*"}
)
data.DataFormat.insert1({"format_name": "npy", "format_uuid": uuid.UUID(int=2)})
data.DataRepositoryType.insert1({"repotype_name": "server", "repotype_uuid": uuid.UUID(int=3)})
data.DataRepository.insert1(
    {
        "repo_name": "flatiron_lab",
        "repotype_name": "server",
        "repo_uuid": uuid.UUID(int=4),
        "repo_timezone": "UTC",
        "repo_hostname": "x",
        "globus_endpoint_id": "x",
        "globus_path": "x",
        "globus_is_personal": False,
    }
)
file = {**key, "dataset_name": "spikes.times.npy"}
data.DataSet.insert1(
    {
        **file,
        "dataset_uuid": uuid.UUID(int=5),
        "dataset_type_name": "spikes.times",
        "format_name": "npy",
        "created_datetime": "2019-03-02 10:00:00",
    }
)
data.FileRecord.insert1(
    {**file, "repo_name": "flatiron_lab", "record_uuid": uuid.UUID(int=6), "exists": True, "relative_path": "x"}
)

ephys.DefaultCluster.populate(suppress_errors=False, display_progress=False)
ephys.GoodCluster.populate(display_progress=False)
found["clusters"] = ephys.DefaultCluster.fetch("cluster_id", "cluster_amp", order_by="cluster_id")
found["clusters"] = [values.tolist() for values in found["clusters"]]
times, waveforms = ephys.DefaultCluster.fetch("cluster_spikes_times", "cluster_waveforms", order_by="cluster_id")
found["spikes"] = [len(t) for t in times]
found["waveforms"] = waveforms[1].shape
found["good"] = ephys.GoodCluster.fetch("is_good").tolist()
found["rate"] = [round(rate, 6) for rate in ephys.DefaultCluster.Metrics.fetch("firing_rate", order_by="cluster_id")]
found["labels"] = ephys.DefaultCluster.Ks2Label.fetch("ks2_label", order_by="cluster_id").tolist()

external = ephys.schema.external["ephys"]
found["stored"] = len(external)
found["files"] = len([path for path in (DATA / "ephys" / f"{PREFIX}ibl_ephys").rglob("*") if path.is_file()])
found["unused"] = len(external.unused())

# The package's own script for what is not used any more
(ephys.DefaultCluster & "cluster_id = 2").delete()
ephys_analyses = stand_in("ibl_pipeline.analyses", ephys=ephys)
stand_in("ibl_plotting", plotting=stand_in("ibl_plotting.plotting", ephys=ephys))
from ibl_pipeline.utils.delete_unused_external import delete_external  # noqa: E402

delete_external()
found["left"] = [len(external), len(external.unused()), len(ephys.DefaultCluster())]
found["again"] = [len(t) for t in ephys.DefaultCluster.fetch("cluster_spikes_times")]
for schema in (ephys.schema, wheel):
    schema.drop(force=True)
print(json.dumps(found, default=str))
