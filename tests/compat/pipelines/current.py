"""djmux, which names schemas for many packages, and a pipeline in the language of generation 2."""

import json

import datajoint as dj
import djmux
import numpy as np
from place import DATA, PREFIX

(DATA / "djmux.yaml").write_text(
    json.dumps(
        {
            "datajoint": {"use_tls": None, "safemode": False},
            "prefixes": {"colony": PREFIX + "colony_v1", "analysis": PREFIX + "ana"},
            "stores": {"tree": {"location": str(DATA / "store")}},
        }
    )
)
djmux.load(DATA / "djmux.yaml")
colony = djmux.deferred()
found = {"version": dj.__version__, "stores": dj.config["stores"]["tree"]["protocol"]}


class Route(dj.Codec):
    """A list of places as one text."""

    name = "route"

    def get_dtype(self, is_external):
        return "varchar(200)"

    def encode(self, value, *, key=None, store_name=None):
        return ">".join(value)

    def decode(self, stored, *, key=None):
        return stored.split(">")


@colony
class Mouse(dj.Manual):
    definition = """
    mouse : varchar(12)
    ---
    born  : date
    tags = null : json
    """


@colony
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int16
    ---
    started : datetime
    route   : <route>
    signal  : <blob>
    notes = '' : varchar(100)
    """


djmux.activate(colony, key="colony", name="core")
analysis = djmux.get_datajoint_schema("/pipelines/rates.py", __name__, key="analysis")


@analysis
class Window(dj.Lookup):
    definition = """
    window : int32
    """
    contents = ((2,), (4,))


@analysis
class Smooth(dj.Computed):
    definition = """
    -> Session
    -> Window
    ---
    peak : float64
    """

    class Sample(dj.Part):
        definition = """
        -> master
        sample : int32
        ---
        value : float64
        """

    def make_fetch(self, key):
        return ((Session & key).fetch1("signal"),)

    def make_compute(self, key, signal):
        kernel = np.ones(key["window"]) / key["window"]
        return (np.convolve(signal, kernel, mode="valid"),)

    def make_insert(self, key, smooth):
        self.insert1({**key, "peak": smooth.max()})
        self.Sample.insert({**key, "sample": i, "value": v} for i, v in enumerate(smooth))


Mouse.insert([("m1", "2024-01-02", {"room": 5}), ("m2", "2024-01-03", None)])
signal = np.arange(6.0) ** 2
Session.insert1({"mouse": "m1", "session": 1, "started": "2024-03-05 10:00:00", "route": ["a", "b"], "signal": signal})
Session.insert1({"mouse": "m1", "session": 2, "started": "2024-03-06 10:00:00", "route": ["c"], "signal": -signal})
found["names"] = sorted(name.replace(PREFIX, "") for name in dj.list_schemas() if name.startswith(PREFIX))
found["populated"] = [Smooth.populate()["success_count"], len(Smooth()), len(Smooth.Sample())]
found["again"] = Smooth.populate()["success_count"]
found["peaks"] = Smooth.to_arrays("peak", order_by="KEY").round(3).tolist()
found["row"] = (Session & {"session": 1}).fetch1("route", "notes", "signal")[0]
found["room"] = (Mouse & {"tags.room": 5}).fetch1("mouse")
found["kept"] = Mouse.aggr(Session, n="count(*)").to_dicts(order_by="KEY")
found["dropped"] = len(Mouse.aggr(Session, n="count(*)", exclude_nonmatching=True))
found["top"] = (Session & dj.Top(limit=1, order_by="session DESC")).keys()
found["extended"] = Session.extend(Mouse).to_arrays("born", order_by="KEY").astype(str).tolist()
found["refused"] = []
for wrong in (lambda: Mouse @ Session, lambda: dj.U("mouse") * Session, lambda: Mouse & "bron = '2024-01-02'"):
    try:
        wrong()
    except dj.DataJointError as error:
        found["refused"].append(type(error).__name__)
seen = dj.virtual_schema(analysis.database)
found["virtual"] = [len(seen.Smooth()), seen.Smooth.Sample.primary_key, seen.Window.heading.names]
frame = Smooth.to_pandas()
found["frame"] = [list(frame.index.names), len(frame)]
Mouse.update1({"mouse": "m2", "tags": {"room": 6}})
found["updated"] = (Mouse & "mouse = 'm2'").fetch1("tags")
found["deleted"] = [(Session & {"session": 1}).delete(prompt=False), len(Smooth()), len(Smooth.Sample())]
analysis.drop(prompt=False)
colony.drop(prompt=False)
found["left"] = [name for name in dj.list_schemas() if name.startswith(PREFIX)]
print(json.dumps(found, default=str))
