"""ibl-pipeline: raw fields of a colony's records become tables of subjects, weights, water and sessions."""

import json
import uuid

import datajoint as dj
from ibl_pipeline import acquisition, action, reference, subject
from ibl_pipeline.ingest import QueryBuffer, alyxraw, get_raw_field
from ibl_pipeline.ingest import acquisition as acquisition_ingest
from ibl_pipeline.ingest import action as action_ingest
from ibl_pipeline.ingest import reference as reference_ingest
from ibl_pipeline.ingest import subject as subject_ingest

found = {}


def name_of(text):
    return uuid.uuid5(uuid.NAMESPACE_URL, text)


def record(model, name, /, **fields):
    """One record of the colony's database, its values as texts."""
    key = {"uuid": name_of(name)}
    alyxraw.AlyxRaw.insert1({**key, "model": model})
    alyxraw.AlyxRaw.Field.insert(
        {**key, "fname": field, "value_idx": index, "fvalue": str(value)}
        for field, values in fields.items()
        for index, value in enumerate(values if isinstance(values, list) else [values])
    )


def member(name, /, **fields):
    flags = dict.fromkeys(["is_active", "is_staff", "is_superuser", "is_stock_manager"], False)
    names = {"username": name, "password": "x", "email": f"{name}@lab.org", "first_name": name, "last_name": None}
    record("misc.labmember", name, last_login=None, date_joined="2018-05-01 12:00:00", **{**flags, **names, **fields})


record(
    "misc.lab",
    "lab-a",
    name="lab-a",
    institution="ICS",
    address="1 Main Street",
    timezone="Europe/Lisbon",
    reference_weight_pct="0.85",
    zscore_weight_pct="0.0",
)
member("ana", is_active=True)
member("bo", is_staff=True, first_name="Bjørn")
record(
    "misc.labmembership",
    "ana in a",
    lab=name_of("lab-a"),
    user=name_of("ana"),
    role=None,
    start_date="2018-06-01",
    end_date=None,
)
record("subjects.species", "mouse", name="Mus musculus", nickname="mouse")
record("subjects.strain", "b6", name="C57BL/6J", description=None)
record("subjects.source", "vendor", name="The vendor", description="sends mice")
record(
    "subjects.line",
    "line-1",
    species=name_of("mouse"),
    strain=name_of("b6"),
    name="Line one",
    description=None,
    target_phenotype="",
    nickname="l1",
    is_active=True,
)
for number, (mouse, sex) in enumerate([("M1", "F"), ("M2", "M"), ("M3", "U")], 1):
    record(
        "subjects.subject",
        mouse,
        nickname=mouse,
        sex=sex,
        strain=name_of("b6") if number == 1 else None,
        birth_date=f"2019-01-0{number}",
        line=name_of("line-1"),
        protocol_number=number,
        ear_mark=None,
        source=name_of("vendor"),
        description='it\'s "quoted" 100%',
        cull_method="CO2" if number == 3 else None,
    )
for day, grams in [(1, "21.5"), (2, "21.25"), (3, "20.75")]:
    record(
        "actions.weighing",
        f"w{day}",
        subject=name_of("M1"),
        date_time=f"2019-03-0{day} 09:00:00",
        weight=grams,
        user=name_of("ana"),
    )
record("actions.weighing", "w4", subject=name_of("M2"), date_time="2019-03-01 09:30:00", weight="25", user=None)
record("actions.watertype", "water", name="Water 15% Sucrose")
for day, ml in [(1, "1.5"), (2, None)]:
    record(
        "actions.wateradministration",
        f"wa{day}",
        subject=name_of("M1"),
        date_time=f"2019-03-0{day} 15:00:00",
        water_administered=ml,
        water_type=name_of("water"),
        user=name_of("bo"),
        adlib=day == 2,
    )
for number in (1, 2):
    record(
        "actions.session",
        f"session {number}",
        subject=name_of("M1"),
        number=number,
        start_time=f"2019-03-0{number} 10:00:00",
        end_time=None,
        location=None,
        type="Experiment",
        narrative="",
        task_protocol="biased 5.2",
    )

found["raw"] = [len(alyxraw.AlyxRaw()), len(alyxraw.AlyxRaw.Field & 'fvalue="None"')]
found["field"] = get_raw_field({"uuid": name_of("M1")}, "nickname")
found["models"] = (
    dj.U("model").aggr(alyxraw.AlyxRaw, n="count(*)").fetch("model", "n", order_by="n desc, model", limit=3)
)
found["models"] = [list(found["models"][0]), found["models"][1].tolist()]

# Each table of the shadow schemas makes its rows from the raw fields
tables = [
    *(getattr(reference_ingest, name) for name in ("Lab", "LabMember", "LabMembership")),
    *(
        getattr(subject_ingest, name)
        for name in ("Species", "Strain", "Source", "Line", "Subject", "SubjectCullMethod")
    ),
    *(getattr(action_ingest, name) for name in ("Weighing", "WaterType", "WaterAdministration")),
    acquisition_ingest.Session,
]
for table in tables:
    table.populate(suppress_errors=False, display_progress=False)
found["populated"] = {table.__name__: len(table()) for table in tables}
found["left to do"] = [table.progress(display=False)[0] for table in tables]
found["fresh"] = (reference_ingest.Lab & "lab_ts > '2020-01-01'").fetch1("lab_name")


def copy(target, source):
    """What is not in the real table yet, by the identifier of the record."""
    (name,) = source.primary_key
    target.insert(
        source - (dj.U(name) & target & f"{name} IS NOT NULL"), skip_duplicates=True, ignore_extra_fields=True
    )


for target, source in [
    (reference.Lab, reference_ingest.Lab),
    (reference.LabMember, reference_ingest.LabMember),
    (subject.Species, subject_ingest.Species),
    (subject.Strain, subject_ingest.Strain),
    (subject.Source, subject_ingest.Source),
    (subject.Line, subject_ingest.Line),
    (subject.Subject, subject_ingest.Subject),
    (action.Weighing, action_ingest.Weighing),
    (action.WaterType, action_ingest.WaterType),
    (action.WaterAdministration, action_ingest.WaterAdministration),
    (acquisition.Session, acquisition_ingest.Session),
]:
    copy(target, source)
    copy(target, source)
found["copied"] = [
    len(table()) for table in (reference.LabMember, subject.Subject, action.Weighing, acquisition.Session)
]

# Questions that people of the lab ask
mouse = subject.Subject & {"subject_nickname": "M1"}
found["described"] = mouse.fetch1("subject_description")
found["weights"] = (action.Weighing & mouse).fetch("weight", order_by="weighing_time").tolist()
found["days"] = [
    str(day) for day in (action.Weighing & mouse).proj(day="DATE(weighing_time)").fetch("day", order_by="weighing_time")
]
found["latest"] = (
    (action.Weighing * subject.Subject.aggr(action.Weighing, weighing_time="max(weighing_time)"))
    .proj("weight")
    .fetch("weight", order_by="weight")
    .tolist()
)
found["never weighed"] = (subject.Subject - action.Weighing).fetch("subject_nickname").tolist()
found["water"] = (action.WaterAdministration & mouse & "water_administered IS NOT NULL").fetch1(
    "water_administered", "adlib"
)
found["water"] = [float(found["water"][0]), bool(found["water"][1])]
found["by whom"] = (
    (reference.LabMember.proj("first_name", administration_user="user_name") * action.WaterAdministration)
    .fetch("first_name", limit=1)
    .tolist()
)
found["age"] = (
    (acquisition.Session * subject.Subject)
    .proj(age="DATEDIFF(session_start_time, subject_birth_date)")
    .fetch("age", order_by="age")
    .tolist()
)
found["sessions"] = subject.Subject.aggr(
    acquisition.Session, n="count(session_start_time)", last="max(session_start_time)"
).fetch("n", "last")
found["sessions"] = [found["sessions"][0].tolist(), str(found["sessions"][1][0])]

# Many rows by way of the package's own buffer
buffer = QueryBuffer(reference.Project)
for number in range(25):
    buffer.add_to_queue1({"project_name": f"p{number:02}", "project_uuid": name_of(f"p{number}")})
    buffer.flush_insert(skip_duplicates=True, chunksz=10)
buffer.flush_insert(skip_duplicates=True)
found["projects"] = len(reference.Project())

# Gone with everything that hangs on it
dj.config["safemode"] = False
mouse.delete()
found["after"] = [
    len(table()) for table in (subject.Subject, action.Weighing, action.WaterAdministration, acquisition.Session)
]
alyxraw.AlyxRaw.delete()
found["shadows"] = sum(len(table()) for table in tables)
modules = (
    acquisition,
    action,
    subject,
    reference,
    acquisition_ingest,
    action_ingest,
    subject_ingest,
    reference_ingest,
    alyxraw,
)
for module in modules:
    module.schema.drop(force=True)
dj.schema("ibl_storage").drop(force=True)
found["left"] = [name for name in dj.list_schemas() if name.startswith((dj.config["database.prefix"], "ibl_storage"))]
print(json.dumps(found, default=str))
