"""A lab's own module that links published packages to each other, as their guides say to write it."""

import datajoint as dj
from element_animal import subject
from element_animal.subject import Subject
from element_lab import lab, project
from element_lab.lab import Lab, Protocol, Source, User
from element_lab.project import Project
from element_session import session_with_datetime as session
from element_session.session_with_datetime import Session
from place import PREFIX

__all__ = ["Lab", "Project", "Protocol", "Session", "Source", "Subject", "User", "lab", "project", "session", "subject"]

Experimenter = lab.User
DAY = "2024-03-05 10:30:00"


def get_session_directory(session_key):
    return (session.SessionDirectory & session_key).fetch1("session_dir")


lab.activate(PREFIX + "lab")
project.activate(PREFIX + "project", linking_module=__name__)
subject.activate(PREFIX + "subject", linking_module=__name__)
session.activate(PREFIX + "session", linking_module=__name__)


def fill():
    """Insert what every session needs: a lab, people, a mouse, and the session itself."""
    lab.Organization.insert1({"organization": "ICS", "org_name": "Institute of Cell Science"})
    lab.Lab.insert1(("lab-a", "The A lab", "1 Main Street", "America/New_York"))
    lab.Lab.Organization.insert1(("lab-a", "ICS"))
    lab.UserRole.insert([("PI",), ("Postdoc",)])
    lab.User.insert([("ana", "ana@lab.org", "", "Ana Müller"), ("bo", "", "", "")])
    lab.LabMembership.insert([("lab-a", "ana", "PI"), ("lab-a", "bo", None)])
    lab.ProtocolType.insert1(["IACUC"])
    lab.Protocol.insert1({"protocol": "p-1", "protocol_type": "IACUC"})
    lab.Device.insert1(("rig-1", "ephys", ""), skip_duplicates=True)
    lab.Device.insert1(("rig-1", "ephys", ""), skip_duplicates=True)
    project.Project.insert1(
        {
            "project": "vision",
            "project_title": "How mice see",
            "project_start_date": "2024-01-01",
            "project_end_date": None,
        }
    )
    subject.Subject.insert(
        [
            {
                "subject": "mouse1",
                "sex": "F",
                "subject_birth_date": "2023-11-30",
                "subject_description": "it's a “mouse”",
            },
            {"subject": "mouse2", "sex": "U", "subject_birth_date": "2023-12-01"},
        ]
    )
    subject.Subject.User.insert1({"subject": "mouse1", "user": "ana"})
    subject.Subject.Protocol.insert1({"subject": "mouse1", "protocol": "p-1"})
    key = {"subject": "mouse1", "session_datetime": DAY}
    session.Session.insert1(key)
    session.SessionDirectory.insert1({**key, "session_dir": "mouse1/session1"})
    session.SessionExperimenter.insert1({**key, "user": "ana"})
    session.ProjectSession.insert1({**key, "project": "vision"})
    session.Session.Attribute.insert1({**key, "attribute_name": "weights", "attribute_blob": {"before": [21.5, 22.0]}})
    return (session.Session & key).fetch1("KEY")


def clear(*schemas):
    """Delete from the top, which takes everything along; then drop the schemas, the last first."""
    counts = {}
    dj.config["safemode"] = False
    lab.Lab.delete()
    subject.Subject.delete()
    for schema in (*schemas, session.schema, subject.schema, project.schema, lab.schema):
        for name in schema.list_tables():
            counts[name] = len(dj.FreeTable(dj.conn(), f"`{schema.database}`.`{name}`"))
    for schema in (*schemas, session.schema, subject.schema, project.schema, lab.schema):
        schema.drop(force=True)
    left = [name for name in dj.list_schemas() if name.startswith(PREFIX)]
    return {name: count for name, count in counts.items() if count and not name.startswith("#")}, left
