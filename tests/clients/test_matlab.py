"""The client for MATLAB, under Octave, with a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw

Run = Callable[[str], str]
THING = """
thing : int32
---
value = null : <blob>
notes = null : <attach>
raw = null : bytes
info = null : json
big = null : int64
ok = null : bool
cost = null : decimal(6, 2)
at = null : datetime(6)
"""

QUERIES = """
Mouse = lab.table('{s}.Mouse'); Session = lab.table('{s}.Session');
assert(any(strcmp(lab.tables(), '{s}.Walk.Step')));
assert(Mouse.count(), 6);
q = Mouse & 'weight > 20.5 and sex = ''F''';
assert([fetchn(q, 'mouse')]', [6]);
assert(count(Mouse & 'mouse in (1, 2) or (mouse between 5 and 9 and not mouse = 6)'), 3);
assert(count(Mouse & 'name like ''m%'' and weight is not null'), 6);
assert(count(Mouse & struct('mouse', {1, 3, 99})), 2);
assert(count(Mouse - Session), 3);
assert(count(Mouse & Session & 'mouse < 3'), 2);
rows = fetch(Mouse.proj('grams = weight * 2', 'called = name') & 'mouse = 1');
assert(rows.grams, 40.25); assert(rows.called, 'm1'); assert(~isfield(rows, 'sex'));
rows = fetch(Mouse * Session);
assert(numel(rows), 3); assert(rows(1).started, '2026-02-01T10:00:00');
n = fetch(Mouse.aggr(Session, 'n = count(*)', 'last = max(session)'));
assert([n.n], [1 1 1 0 0 0]); assert(isnan(n(6).last));
g = fetch(Mouse.group('sex', 'n = count(*)', 'heaviest = max(weight)'));
assert([g.n], [3 3]);
assert(fetchn(Mouse.first(2, '-weight'), 'mouse')', [6 5]);
assert(numel(fetch(proj(Mouse & 'mouse = 1') + proj(Mouse & 'mouse = 2'))), 2);
assert(fetch1(Mouse & 'mouse = 4', 'name'), 'm4');
assert(isempty(fetch(Mouse & 'mouse = 99')));
assert(fetchn(Mouse.proj('nothing = concat("", "")') & 'mouse < 3', 'nothing'), {''; ''});
"""

CHANGES = """
Mouse = lab.table('{s}.Mouse');
x = 0.1 + 0.2;
Mouse.insert(struct('mouse', {50, 51}, 'name', {'a', 'ö "q" \\'}, 'arrival', '2026-03-04', 'weight', {x, NaN}));
rows = fetch(Mouse & 'mouse >= 50');
assert(rows(1).weight == x); assert(isnan(rows(2).weight)); assert(rows(2).name, 'ö "q" \\');
Mouse.insert({struct('mouse', 50, 'name', 'other', 'arrival', '2026-03-04')}, 'duplicates', 'skip');
assert(fetch1(Mouse & 'mouse = 50', 'name'), 'a');
Mouse.update(struct('mouse', 50), struct('name', 'Ida', 'weight', []), 'a slip');
row = fetch1(Mouse & 'mouse = 50'); assert(row.name, 'Ida'); assert(isnan(row.weight));
h = Mouse.history(struct('mouse', 50)); assert(h(1).why, 'a slip');
lost = losses(Mouse & 'mouse >= 50'); assert(lost.rows, 2);
assert(del(Mouse & 'mouse >= 50'), 2); assert(Mouse.count(), 6);
changes = lab.changes(); lab.undo(changes(1).change); assert(Mouse.count(), 8);
points = struct('Point', sprintf('-> master\\npoint : int8'));
Track = lab.declare('{s}', 'Track', 'manual', sprintf('-> Mouse\\n---\\nlength : float64'), points);
Track.insert(struct('mouse', 1, 'length', 2.5), 'parts', struct('Point', struct('mouse', 1, 'point', {1, 2})));
assert(count(lab.table('{s}.Track.Point')), 2);
again = lab.declare('{s}', 'Track', 'manual', '-> Mouse'); assert(again.count(), 1);

function refused(call, identifier, part)
  try
    call();
  catch failure
    assert(failure.identifier, identifier);
    assert(~isempty(strfind(failure.message, part)), failure.message);
    return
  end
  error('it was not refused');
end
refused(@() Mouse.insert(struct('mouse', 1, 'name', 'x', 'arrival', '2026-03-04')), 'labwright:clash', 'already');
refused(@() Mouse.insert(struct('mouse', 90, 'name', 'x')), 'labwright:refused', 'arrival');
refused(@() Mouse.insert(struct('mouse', 90, 'nam', 'x')), 'labwright:refused', 'nam');
refused(@() lab.table('{s}.Nothing'), 'labwright:notFound', 'Nothing');
refused(@() count(Mouse & 'wait > 3'), 'labwright:refused', 'wait');
refused(@() Mouse & 'weight >', 'labwright:refused', 'the end');
refused(@() Mouse & 'sleep(5) = 1', 'labwright:refused', 'comparison');
refused(@() fetch1(Mouse), 'labwright:refused', 'exactly one row');
refused(@() labwright.connect('http://127.0.0.1:9'), 'labwright:unreachable', 'does not answer');
"""

VALUES = """{1, -Inf, NaN, pi, single(1.5), int8([1 -2; 3 4]), uint64(18446744073709551615), ...
  int64(-9007199254740993), true, [true false], 'text', 'öäü€', '', zeros(0, 3), {}, {1, {'a', 'b'; [], 2}}, ...
  struct('a', {1, 2, 3}), struct('x', {{1, 'y'}}, 'z', struct('q', [])), 1 + 2i, ...
  complex(single([1 2]), single([3 4])), ...
  ['ab'; 'cd'], reshape(sin(1:24), 3, 4, 2), sparse([1 0; 0 2.5]), sparse([true false; false true]), ...
  uint16([65 66]), ...
  sparse([1i 0; 0 2])}"""

BLOBS = f"""
Thing = lab.table('{{s}}.Thing');
values = {VALUES};
for index = 1:numel(values)
  Thing.insert(struct('thing', index, 'value', {{values{{index}}}}));
end
rows = fetch(Thing & 'thing < 1000');
for index = 1:numel(values)
  sent = values{{index}}; got = rows(index).value;
  assert(class(got), class(sent)); assert(size(got), size(sent)); assert(issparse(got), issparse(sent));
  assert(labwright.toblob(got), labwright.toblob(sent));
end
file = fopen('values.bin', 'w');
cellfun(@(v) fwrite(file, [typecast(uint64(numel(labwright.toblob(v))), 'uint8') labwright.toblob(v)]), values);
fclose(file);
python = fetch1(Thing & 'thing = 1001', 'value');
assert(python.gain, 1.5); assert(python.channels, {{1, 2}}); assert(python.name, 'ö');
assert(isempty(python.none));
assert(python.trace, int16([1 2; 3 4])); assert(python.day, '2026-02-28 12:30:00.000250');
assert(python.big, int64(2)^60);
"""

FILES = """
Thing = lab.table('{s}.Thing');
file = fopen('notes of today.txt', 'w'); fwrite(file, uint8(0:255)); fclose(file);
Thing.insert({struct('thing', 1, 'notes', 'notes of today.txt', 'raw', uint8([0 255 7]), ...
   'info', struct('gain', 2), 'big', int64(9007199254740993), 'ok', true, 'cost', 1.25, ...
   'at', '2026-05-06 07:08:09.000001'), struct('thing', 2)});
rows = fetch(Thing & 'thing < 3');
assert(rows(1).raw, uint8([0 255 7])); assert(rows(1).info.gain, 2); assert(rows(1).big, int64(9007199254740993));
assert(rows(1).ok, true); assert(rows(1).cost, 1.25); assert(rows(1).at, '2026-05-06T07:08:09.000001');
assert(isnumeric(rows(2).at) && isempty(rows(2).at) && isempty(fetch1(Thing & 'thing = 2', 'at')));
assert(isempty(rows(2).raw) && isempty(rows(2).big) && isempty(rows(2).ok) && isnan(rows(2).cost));
assert(Thing.content(struct('thing', 1), 'notes'), uint8(0:255));
Thing.upload(struct('thing', 2), 'notes', 'notes of today.txt');
mkdir('fetched'); path = Thing.download(struct('thing', 2), 'notes', 'fetched');
file = fopen(path); assert(fread(file, Inf, '*uint8')', uint8(0:255)); fclose(file);
"""

POPULATE = """
Walk = lab.table('{s}.Walk');
function rows = make(key, job)
  if key.mouse == 3
    error('this mouse does not walk');
  end
  job.beat(0.5);
  job.part('Step', struct('step', {1, 2}, 'x', {0.5, 1.5}));
  rows = struct('speed', key.mouse * 1.5);
end
done = Walk.populate(@make);
assert([done.success done.error done.lost], [2 1 0]);
assert([fetchn(Walk, 'speed')]', [1.5 3]); assert(count(lab.table('{s}.Walk.Step')), 4);
failed = Walk.failures(); assert(failed.keys.mouse, 3); assert(~isempty(strfind(failed.stack, 'make, line')));
Walk.retry();
late = labwright.Worker(Walk, 0.2); job = late.claim(); assert(job.key.mouse, 3);
next = labwright.Worker(Walk, 60); again = [];
while isempty(again)
  again = next.claim();
end
again.complete(struct('speed', 9));
try
  job.complete(struct('speed', 1)); error('it was not refused');
catch failure
  assert(failure.identifier, 'labwright:clash');
end
try
  job.beat(); error('it was not refused');
catch failure
  assert(failure.identifier, 'labwright:lost');
end
assert(fetch1(Walk & 'mouse = 3', 'speed'), 9);
"""


@pytest.fixture
def thing(schema: lw.Schema) -> None:
    day = np.datetime64("2026-02-28T12:30:00.000250").item()
    value = {"gain": 1.5, "channels": (1, 2), "name": "ö", "none": None, "big": 2**60, "day": day}
    table(schema, "Thing", THING).insert1(
        {"thing": 1001, "value": {**value, "trace": np.array([[1, 2], [3, 4]], "int16")}}
    )


def test_queries(run: Run) -> None:
    run(QUERIES)


def test_changes_and_refusals(run: Run) -> None:
    run(CHANGES)


@pytest.mark.usefixtures("thing")
def test_blobs_are_the_same_bytes_on_both_sides(run: Run, schema: lw.Schema, tmp_path: Path) -> None:
    run(BLOBS)
    sent = (tmp_path / "octave" / "values.bin").read_bytes()
    stored = (schema["Thing"] & "thing < 1000").packed.to_arrays("value", order_by="KEY")
    assert b"".join(len(p.data).to_bytes(8, "little") + p.data for p in stored) == sent
    values = (schema["Thing"] & "thing < 1000").to_arrays("value", order_by="KEY")
    assert (float(values[3].item()), values[5].tolist(), values[10].item()) == (np.pi, [[1, -2], [3, 4]], "text")


@pytest.mark.usefixtures("thing")
def test_files_and_other_kinds_of_values(run: Run) -> None:
    run(FILES)


def test_populate(run: Run) -> None:
    run(POPULATE)
