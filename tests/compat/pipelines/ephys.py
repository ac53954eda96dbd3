"""element-array-ephys: a small SpikeGLX recording and its sorting, populated by the package's own make methods."""

import json
from pathlib import Path

import datajoint as dj
import numpy as np
import workflow
from element_array_ephys import ephys_acute as ephys
from element_array_ephys import ephys_report, probe
from place import DATA, PREFIX

CHANNELS, RATE, SAMPLES = 8, 1000, 4000
SERIAL = 641251209
UNITS = {0: ("good", 2), 1: ("mua", 5), 3: ("noise", 7)}
RANDOM = np.random.default_rng(1)


@workflow.lab.schema
class SkullReference(dj.Lookup):
    definition = """
    skull_reference   : varchar(60)
    """
    contents = zip(["Bregma", "Lambda"])


def get_ephys_root_data_dir():
    return [DATA]


workflow.SkullReference = SkullReference
workflow.get_ephys_root_data_dir = get_ephys_root_data_dir


def write_recording(folder: Path) -> None:
    """Two int16 streams with a sync channel, and the text files that describe them."""
    folder.mkdir(parents=True)
    for band in ("ap", "lf"):
        data = RANDOM.integers(-200, 200, size=(SAMPLES, CHANNELS + 1)).astype(np.int16)
        data.tofile(folder / f"run_g0_t0.imec0.{band}.bin")
        described = {
            "fileCreateTime": "2024-03-05T10:31:00",
            "fileTimeSecs": SAMPLES / RATE,
            "fileSizeBytes": data.nbytes,
            "imDatPrb_sn": SERIAL,
            "imAiRangeMax": 0.6,
            "imSampRate": RATE,
            "nSavedChans": CHANNELS + 1,
            "snsSaveChanSubset": "all",
            "typeImEnabled": 1,
            "~imroTbl": f"({SERIAL},3,{CHANNELS})" + "".join(f"({i} 0 1 500 250)" for i in range(CHANNELS)),
            "~snsChanMap": f"({CHANNELS},{CHANNELS},1)"
            + "".join(f"({band.upper()}{i};{i}:{i})" for i in range(CHANNELS))
            + f"(SY0;{CHANNELS}:{CHANNELS})",
            "~snsShankMap": "(1,2,480)" + "".join(f"(0:{i % 2}:{i // 2}:1)" for i in range(CHANNELS)),
        }
        lines = "".join(f"{name}={value}\n" for name, value in described.items())
        (folder / f"run_g0_t0.imec0.{band}.meta").write_text(lines)


def write_sorting(folder: Path) -> None:
    """What a spike sorter leaves behind, for three units that spike and one that does not."""
    folder.mkdir(parents=True, exist_ok=True)
    spikes = np.sort(RANDOM.choice(np.arange(100, SAMPLES - 100), size=60, replace=False))
    clusters = np.array([list(UNITS)[i % 3] for i in range(len(spikes))])
    templates = np.zeros((4, 20, CHANNELS), dtype=np.float32)
    for unit, (_, channel) in UNITS.items():
        templates[unit, 10, channel] = -5.0
    arrays = dict.fromkeys(
        "amplitudes similar_templates template_features template_feature_ind templates_ind whitening_mat "
        "whitening_mat_inv".split(),
        np.ones((2, 2)),
    )
    arrays |= {
        "channel_map": np.arange(CHANNELS).reshape(-1, 1),
        "channel_positions": np.array([(32.0 * (i % 2), 20.0 * (i // 2)) for i in range(CHANNELS)]),
        "pc_features": np.abs(RANDOM.normal(size=(len(spikes), 3, 2))),
        "pc_feature_ind": np.tile([0, 1], (4, 1)),
        "spike_templates": clusters,
        "spike_clusters": clusters,
        "spike_times": spikes.reshape(-1, 1).astype(np.uint64),
        "templates": templates,
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "params.py").write_text(f"n_channels_dat = {CHANNELS}\nsample_rate = {RATE}.0\n")
    labels = "".join(f"{unit}\t{label}\n" for unit, (label, _) in {**UNITS, 2: ("ok", 0)}.items())
    (folder / "cluster_KSLabel.tsv").write_text("cluster_id\tKSLabel\n" + labels)


def write_metrics(folder: Path) -> None:
    """Quality metrics of the units, one of them without a number."""
    (folder / "metrics.csv").write_text(
        "cluster_id,firing_rate,snr,isi_viol,num_viol,amplitude,duration,halfwidth\n"
        "0,5.0,2.5,0.01,1,120.5,0.3,0.15\n1,5.0,inf,0.0,0,80.25,0.4,\n3,5.0,1.25,0.5,12,60.0,0.5,0.25\n"
    )


found = {}
write_recording(DATA / "mouse1/session1/run_g0_imec0")
ephys.activate(PREFIX + "ephys", PREFIX + "probe", linking_module=workflow)
session_key = workflow.fill()
found["electrodes"] = [len(probe.ProbeType()), len(probe.ProbeType.Electrode & "probe_type LIKE 'neuropixels 1.0%'")]

# From the recording's files to rows
ephys.ProbeInsertion.auto_generate_entries(session_key)
insertion = (ephys.ProbeInsertion & session_key).fetch1("KEY")
ephys.InsertionLocation.insert1(
    {**insertion, "skull_reference": "Bregma", "ap_location": -1250.5, "ml_location": 300, "depth": "-2000.25"}
)
location = (ephys.InsertionLocation & insertion & "depth < -2000").fetch1("ap_location", "depth", "phi")
found["location"] = [str(value) for value in location]
ephys.EphysRecording.populate(display_progress=True)
ephys.EphysRecording.populate()
recording = (ephys.EphysRecording * ephys.ProbeInsertion).fetch1()
found["recording"] = [recording[n] for n in ("probe", "acq_software", "sampling_rate", "recording_duration")]
found["recorded at"] = str(recording["recording_datetime"])
config = probe.ElectrodeConfig.fetch1()
same = config["electrode_config_hash"] == recording["electrode_config_hash"]
found["config"] = [config["electrode_config_name"], same]
found["files"] = ephys.EphysRecording.EphysFile.fetch("file_path").tolist()
ephys.LFP.populate()
lfp = (ephys.LFP & insertion).fetch1()
found["lfp"] = [lfp["lfp_mean"].shape, str(lfp["lfp_mean"].dtype), len(ephys.LFP.Electrode())]
found["lfp times"] = lfp["lfp_time_stamps"][:3].round(6).tolist()
same = np.stack((ephys.LFP.Electrode & insertion).fetch("lfp", order_by="electrode")).mean(axis=0)
found["lfp mean"] = bool(np.allclose(same, lfp["lfp_mean"]))

# Spike sorting with parameters that are found again by their hash
params = {"fs": RATE, "th": [10, 4], "lam": 10.0}
ephys.ClusteringParamSet.insert_new_params("kilosort2", "default", params)
ephys.ClusteringParamSet.insert_new_params("kilosort3", "other", {**params, "th": [9, 9]})
try:
    ephys.ClusteringParamSet.insert_new_params("kilosort2", "again", params, paramset_idx=7)
except dj.DataJointError as error:
    found["again"] = str(error)
found["params"] = (ephys.ClusteringParamSet & {"clustering_method": "kilosort3"}).fetch1("params")
found["paramsets"] = ephys.ClusteringParamSet.fetch("paramset_idx", order_by="paramset_idx").tolist()
recording_key = ephys.EphysRecording.fetch1("KEY")
task_folder = ephys.ClusteringTask.infer_output_dir({**recording_key, "paramset_idx": 1}, mkdir=True)
write_sorting(task_folder)
ephys.ClusteringTask.auto_generate_entries(recording_key, paramset_idx=1)
found["task"] = list(ephys.ClusteringTask.fetch1("task_mode", "clustering_output_dir"))
ephys.Clustering.populate()
clustering = ephys.Clustering.fetch1("KEY")
ephys.Curation().create1_from_clustering_task(clustering)
ephys.Curation().create1_from_clustering_task(clustering, curation_note="looked at again")
found["curations"] = ephys.Curation.fetch("curation_id", "curation_note", order_by="curation_id", as_dict=True)
first = ephys.Curation & "curation_id = 1"
ephys.CuratedClustering.populate(first)
found["progress"] = list(ephys.CuratedClustering.progress(display=False))
units = ephys.CuratedClustering.Unit.fetch(order_by="unit", as_dict=True)
found["units"] = [[u["unit"], u["cluster_quality_label"], u["spike_count"], u["electrode"]] for u in units]
found["spikes"] = [u["spike_times"].dtype.kind + str(u["spike_times"].shape) for u in units]

# Waveforms from the raw data, metrics from a table
np.random.seed(0)  # noqa: NPY002 - what the package draws from
ephys.WaveformSet.populate()
found["waveforms"] = [len(ephys.WaveformSet.PeakWaveform()), len(ephys.WaveformSet.Waveform())]
shapes = {w.shape for w in ephys.WaveformSet.Waveform.fetch("waveforms")}
found["waveform shapes"] = [list(shape) for shape in shapes]
failed = ephys.QualityMetrics.populate(suppress_errors=True, return_exception_objects=True)
found["no metrics"] = [type(error).__name__ for _, error in failed["error_list"]]
found["nothing stored"] = len(ephys.QualityMetrics())
write_metrics(task_folder)
ephys.QualityMetrics.populate()
metrics = ephys.QualityMetrics.Cluster * ephys.QualityMetrics.Waveform
rows = metrics.fetch("unit", "snr", "isi_violation", "halfwidth", "amplitude", order_by="unit", as_dict=True)
# PostgreSQL keeps a nan, and there it is above every number; the others keep NULL
found["metrics"] = [[None if v is None or np.isnan(v) else round(v, 3) for v in row.values()] for row in rows]

# What people ask of it
good = ephys.CuratedClustering.Unit & "cluster_quality_label='good'"
shank = (probe.ProbeType.Electrode & good).fetch("shank")
found["shanks"] = shank.tolist()
found["counts"] = (
    ephys.ClusterQualityLabel.aggr(
        ephys.CuratedClustering.Unit, n="count(unit)", spikes="sum(spike_count)", keep_all_rows=True
    )
    .fetch("cluster_quality_label", "n", order_by="cluster_quality_label")[1]
    .tolist()
)
fine = ephys.CuratedClustering.Unit * ephys.QualityMetrics.Cluster & "snr > 2" & "snr < 1000" & "isi_violation < 0.1"
found["best"] = fine.fetch1("unit")
found["depths"] = (ephys.CuratedClustering.Unit * probe.ProbeType.Electrode).fetch("y_coord", order_by="unit").tolist()
found["cutoffs"] = len(ephys_report.QualityMetricCutoffs())
ephys_report.QualityMetricCutoffs.insert_new_cutoffs(99, amplitude_cutoff_maximum=0.2, presence_ratio_minimum=0.7)
found["cutoff"] = round((ephys_report.QualityMetricCutoffs & "cutoffs_id = 99").fetch1("amplitude_cutoff_maximum"), 3)

# The classic way to look at the graph
found["parents"] = [name.split(".")[1].strip('`"') for name in ephys.LFP.parents()]
found["children"] = sorted(name.split(".")[1].strip('`"') for name in ephys.CuratedClustering.children())
found["ancestors"] = len(ephys.CuratedClustering.Unit.ancestors())
found["left"] = workflow.clear(ephys_report.schema, ephys.schema, probe.schema)
print(json.dumps(found, default=str))
