"""Subjects of study: the core that all modules about them share, usable without a colony."""

from typing import Final

from labwright.lab.subject.module import MODULE, schema
from labwright.lab.subject.subjects import Subject, SubjectExit, SubjectIdentifier

activate: Final = MODULE.activate

__all__ = ["MODULE", "Subject", "SubjectExit", "SubjectIdentifier", "activate", "schema"]
