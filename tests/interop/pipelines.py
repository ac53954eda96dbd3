"""A rich pipeline in both forms of the language, as text that either side runs."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

import numpy as np

import labwright as lw

PRESENT: Final = '''
schema = dj.Schema(schema_name)

@schema
class Species(dj.Lookup):
    definition = """
    # what kind of animal it's
    species : varchar(16)   # Latin: it's a name
    ---
    legs = 4 : int8
    """
    contents = [{"species": "mus", "legs": 4}, {"species": "apis", "legs": 6}]

@schema
class Subject(dj.Manual):
    definition = """
    subject : int32
    code : {code}             # as printed on the ear tag
    ---
    -> Species
    sex = 'U' : enum('F', 'M', 'U')   # as told at birth
    also = 'M' : enum('U', 'M', 'F')
    born = null : date
    tiny = -1 : int8
    small = 7 : int16
    big : int64
    weight = 1.5 : float32
    length = null : float64
    alive = 1 : bool
    letters = 'ab' : char(4)
    note = "it's" : varchar(100)
    price = 1.25 : decimal(8, 2)
    precise = null : decimal(30, 10)
    at = '2024-01-02 03:04:05' : datetime
    exactly = null : datetime(3)
    made = CURRENT_TIMESTAMP : datetime
    info = null : json      # whatever else
    raw = null : bytes
    value = null : <blob>   # any "value"
    file = null : <attach>
    clock = null : time
    plain = null : int
    real_ = null : real
    body = null : text
    index (born)
    index (sex, small)
    unique index (big)
    """

@schema
class Litter(dj.Manual):
    definition = """
    -> Subject.proj(dam="subject", dam_code="code")
    litter : int16
    ---
    -> [nullable] Subject.proj(sire="subject", sire_code="code")
    -> [nullable, unique] Species
    size : int32
    """

@schema
class Pup(dj.Manual):
    definition = """
    -> Subject
    ---
    -> [unique] Litter
    """

@schema
class Setting(dj.Lookup):
    definition = """
    # one row
    ---
    rate = 30 : int32
    kind : enum('F', 'M', 'U')
    """

@schema
class Scan(dj.Imported):
    definition = """
    -> Subject
    ---
    frames : int32
    movie : <blob>
    """

    class Frame(dj.Part):
        definition = """
        -> master
        frame : int16
        ---
        mean : float64
        """

    class Roi(dj.Part):
        definition = """
        -> Scan.Frame
        roi : int16
        ---
        mask : <blob>
        index (roi)
        """

    def make(self, key):
        self.insert1(dict(key, frames=2, movie=numpy.arange(6, dtype="uint8").reshape(2, 3)))
        self.Frame.insert(dict(key, frame=i, mean=i / 2) for i in range(2))
        self.Roi.insert(dict(key, frame=i, roi=0, mask={"a": [i, None]}) for i in range(2))

@schema
class Summary(dj.Computed):
    definition = """
    -> Scan
    ---
    total : float64
    """

    def make(self, key):
        self.insert1(dict(key, total=float((Scan & key).fetch1("movie").sum())))

@schema
class FrameStat(dj.Computed):
    definition = """
    -> Scan.Frame
    ---
    twice : float64
    """

    def make(self, key):
        self.insert1(dict(key, twice=2 * (Scan.Frame & key).fetch1("mean")))
'''
"""Every type of the 2.x form, all kinds of references, a singleton, parts and populated tables."""

CLASSIC: Final = '''
schema = dj.schema(schema_name)

@schema
class Species(dj.Lookup):
    definition = """
    # what kind of animal it's
    species : varchar(16)   # Latin: it's a name
    ---
    legs = 4 : tinyint unsigned
    """
    contents = [("mus", 4), ("apis", 6)]

@schema
class Subject(dj.Manual):
    definition = """
    subject : int unsigned
    code : uuid             # as printed on the ear tag
    ---
    -> Species
    sex = 'U' : enum('F', 'M', 'U')   # as told at birth
    born = null : date
    tiny = -1 : tinyint
    small = 7 : smallint
    medium = 7 : mediumint
    big : bigint unsigned
    weight = 1.5 : float
    length = null : double
    alive = 1 : bool
    letters = 'ab' : char(4)
    note = "it's" : varchar(100)
    price = 1.25 : decimal(8, 2)
    at = '2024-01-02 03:04:05' : datetime
    exactly = null : datetime(3)
    made = CURRENT_TIMESTAMP : timestamp
    value = null : longblob   # any "value"
    lesser = null : blob
    file = null : attach
    clock = null : time
    year_ = 2000 : year
    index (born)
    index (sex, small)
    unique index (big)
    """

@schema
class Litter(dj.Manual):
    definition = """
    -> Subject.proj(dam="subject", dam_code="code")
    litter : smallint
    ---
    -> [nullable] Subject.proj(sire="subject", sire_code="code")
    -> [nullable, unique] Species
    size : int
    """

@schema
class Pup(dj.Manual):
    definition = """
    -> Subject
    ---
    -> [unique] Litter
    """

@schema
class Scan(dj.Imported):
    definition = """
    -> Subject
    ---
    frames : int
    movie : longblob
    """

    class Frame(dj.Part):
        definition = """
        -> master
        frame : smallint
        ---
        mean : double
        """

    class Roi(dj.Part):
        definition = """
        -> Scan.Frame
        roi : smallint
        ---
        mask : longblob
        index (roi)
        """

    def make(self, key):
        self.insert1(dict(key, frames=2, movie=numpy.arange(6, dtype="uint8").reshape(2, 3)))
        self.Frame.insert(dict(key, frame=i, mean=i / 2) for i in range(2))
        self.Roi.insert(dict(key, frame=i, roi=0, mask={"a": [i, None]}) for i in range(2))

@schema
class Summary(dj.Computed):
    definition = """
    -> Scan
    ---
    total : double
    """

    def make(self, key):
        self.insert1(dict(key, total=float((Scan & key).fetch1("movie").sum())))
'''
"""The same in the classic form, in the native types that it is written in."""


def present(backend: str) -> str:
    """The 2.x form for this kind of server; DataJoint 2.3.5 can write no uuid to PostgreSQL."""
    return PRESENT.replace("{code}", "uuid" if backend == "mysql" else "varchar(36)")


def module(text: str, schema_name: str, **settings: Any) -> Any:
    """The pipeline as a module of ours, where ``dj`` is Labwright."""
    found = ModuleType("told")
    vars(found).update(dj=lw, numpy=np, schema_name=schema_name, **settings)
    exec(text, vars(found))
    return found
