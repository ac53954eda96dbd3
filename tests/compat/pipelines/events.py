"""element-lab, element-animal, element-session and element-event: filled, summarised by their own helpers, deleted."""

import json

import datajoint as dj
import workflow
from element_animal import genotyping, surgery
from element_event import event, trial
from place import PREFIX
from workflow import lab, session, subject

found = {}

genotyping.activate(PREFIX + "genotyping", PREFIX + "subject", linking_module=workflow)
trial.activate(PREFIX + "trial", PREFIX + "event", linking_module=workflow)
key = workflow.fill()
surgery.activate(PREFIX + "surgery", PREFIX + "subject", linking_module=workflow)

# People, projects and their queries
found["members"] = (lab.LabMembership * lab.User & "user_fullname LIKE 'Ana%'").fetch("user", "user_role").__len__()
found["no role"] = (lab.LabMembership & "user_role IS NULL").fetch1("user")
found["roles"] = lab.UserRole.aggr(lab.LabMembership, n="count(user)").fetch(as_dict=True, order_by="n")
found["all roles"] = (
    lab.UserRole.aggr(lab.LabMembership, n="count(user)", keep_all_rows=True)
    .fetch("user_role", "n", order_by="user_role")[1]
    .tolist()
)
found["described"] = subject.Subject.fetch("subject_description", order_by="subject")[0]
found["blob"] = (session.Session.Attribute & key).fetch1("attribute_blob")

# Alleles and zygosity, with an enum of quoted words
subject.Allele.insert([("a1", "allele one"), ("a2", "")])
subject.Line.insert1({"line": "cre", "is_active": True})
subject.Line.Allele.insert([("cre", "a1"), ("cre", "a2")])
subject.Zygosity.insert1({"subject": "mouse1", "allele": "a1", "zygosity": "Heterozygous"})
found["active"] = bool(subject.Line.fetch1("is_active"))
found["zygosity"] = (subject.Subject * subject.Zygosity).fetch1("zygosity")
found["parts"] = sorted(part.split("__")[1].strip('`"') for part in subject.Line.parts())

# Trials and events, aligned by the package's own function
event.EventType.insert([("lick", ""), ("cue", "a tone"), ("end", "")])
event.BehaviorRecording.insert1({**key, "recording_duration": 60.0})
event.BehaviorRecording.File.insert1({**key, "filepath": "mouse1/session1/licks.csv"})
trial.TrialType.insert([("go", ""), ("nogo", "")])
starts = [0.0, 10.0, 20.0, 30.0]
trial.Trial.insert(
    [
        {**key, "trial_id": i, "trial_type": "go" if i % 2 else "nogo", "trial_start_time": t, "trial_stop_time": t + 8}
        for i, t in enumerate(starts, 1)
    ],
    allow_direct_insert=True,
)
trial.Trial.Attribute.insert1(
    {**key, "trial_id": 1, "attribute_name": "stimulus", "attribute_blob": [0.5, 1.0]}, allow_direct_insert=True
)
try:
    event.Event.populate()
except NotImplementedError as error:
    found["populate"] = str(error)
rows = [("cue", 2.0), ("lick", 3.0), ("lick", 4.5), ("end", 6.25), ("cue", 12.0), ("lick", 13.5), ("end", 17.0)]
event.Event.insert(
    [{**key, "event_type": kind, "event_start_time": at, "event_end_time": at + 0.25} for kind, at in rows],
    allow_direct_insert=True,
)
trial.TrialEvent.insert(
    [{**key, "trial_id": 1, "event_type": kind, "event_start_time": at} for kind, at in rows[:4]],
    allow_direct_insert=True,
)
event.AlignmentEvent.insert1(
    {
        "alignment_name": "to lick",
        "alignment_event_type": "lick",
        "alignment_time_shift": 0,
        "start_event_type": "cue",
        "start_time_shift": -1,
        "end_event_type": "end",
        "end_time_shift": 1,
    }
)
try:
    trial.get_trialized_alignment_event_times({"alignment_name": "to lick"}, {"trial_type": "nogo"})
except TypeError as error:  # the function adds a float to the decimal that its own table holds, wherever it runs
    found["aligned"] = str(error)
aligned = trial.get_trialized_alignment_event_times({"alignment_name": "to lick"}, {"trial_type": "go", "trial_id": 3})
found["not aligned"] = [aligned["trial_key"][0]["trial_id"], aligned["event"].tolist()]
found["licks per trial"] = (
    ((trial.Trial & "trial_id < 3").aggr(trial.TrialEvent & "event_type = 'lick'", n="count(*)", keep_all_rows=True))
    .fetch("n", order_by="trial_id")
    .tolist()
)
found["types"] = sorted((dj.U("event_type") & event.Event).fetch("event_type").tolist())
found["last of each"] = [
    float(row["last"])
    for row in dj.U("event_type").aggr(event.Event, last="max(event_start_time)").fetch(as_dict=True, order_by="last")
]
frame = (trial.Trial & key).fetch(format="frame")
found["frame"] = [list(frame.index.names), frame["trial_stop_time"].tolist()]
found["refused"] = ""
try:
    trial.Trial.insert1({**key, "trial_id": 9, "trial_start_time": 0, "trial_stop_time": 1})
except dj.DataJointError as error:
    found["refused"] = type(error).__name__

# What depends goes along, and a part that is referred to stays with its master
dj.config["safemode"] = False
before = len(event.Event()), len(trial.TrialEvent())
(event.Event & {"event_type": "lick"}).delete()
found["deleted"] = [before, (len(event.Event()), len(trial.TrialEvent()))]
found["left"] = workflow.clear(trial.schema, event.schema, surgery.schema, genotyping.schema)
print(json.dumps(found, default=str))
