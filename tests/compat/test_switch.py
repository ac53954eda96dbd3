"""The switch itself: what ``import datajoint`` gives, in interpreters of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from labwright.compat.names import CLASSIC_NAMES, CURRENT_NAMES, ELSEWHERE, HELPERS, INSTEAD

CLASSIC_PUBLIC = """
    __author__ __version__ config conn Connection Schema schema VirtualModule create_virtual_module list_schemas Table
    FreeTable Manual Lookup Imported Computed Part Not AndList Top U Diagram Di ERD set_password kill MatCell MatStruct
    AttributeAdapter errors DataJointError key key_hash logger cli
""".split()
CURRENT_PUBLIC = """
    __author__ __version__ config conn Connection Instance Schema VirtualModule virtual_schema list_schemas Table
    FreeTable AutoPopulate Job Manual Entry Lookup Imported Ingest Computed Compute Part Not AndList Top U Diagram
    MatCell MatStruct Codec SchemaCodec list_codecs get_codec ObjectRef NpyRef SparkAdapter StorageAdapter
    get_storage_adapter errors migrate deploy DataJointError ThreadSafetyError logger cli ValidationResult
""".split()
"""What the published packages export, 0.14.6 and 2.3.5."""


REACHED_FOR = """
    utils.to_camel_case utils.from_camel_case utils.user_choice utils.get_master errors.DataJointError
    errors.DuplicateError errors.IntegrityError errors.MissingTableError config.get config.update config.items
    config.save_global config.save_local config._conf hash.key_hash hash.hash_key_values hash.uuid_from_file table.Table
    table.foreign_key_error_regexp table.lookup_class_name user_tables.UserTable user_tables.TableMeta
    expression.QueryExpression expression.Union condition.make_condition condition.AndList condition.Top
    logging.logger dependencies.topo_sort dependencies.unite_master_parts external.ExternalMapping
    external.ExternalTable preview.repr_html diagram._get_tier settings.GLOBALCONFIG settings.LOCALCONFIG
""".split()
"""What published pipelines use of the helper modules."""


def run(code: str, *args: str, cwd: Path | None = None) -> str:
    """What a fresh interpreter prints; warnings are errors there."""
    command = [sys.executable, "-W", "error", *(args or ("-c", textwrap.dedent(code)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_generation_resolves_its_public_names_or_says_what_to_use() -> None:
    for generation, public in (("classic", CLASSIC_PUBLIC), ("2", CURRENT_PUBLIC)):
        code = f"""
            import json, labwright.compat
            labwright.compat.install(generation={generation!r})
            import datajoint as dj
            answers = {{}}
            for name in {public!r}:
                try:
                    answers[name] = bool(getattr(dj, name) is not None)
                except AttributeError as error:
                    answers[name] = str(error)
            print(json.dumps(answers))
        """
        answers = json.loads(run(code))
        refused = {name: answer for name, answer in answers.items() if answer is not True}
        assert {n: a for n, a in refused.items() if a != f"Labwright has no {n!r}: {INSTEAD[n]}."} == {}
        assert set(refused) == set(public) & set(INSTEAD)


def test_what_published_pipelines_reach_for() -> None:
    code = f"""
        import labwright.compat
        labwright.compat.install(generation="classic")
        import datajoint as dj
        from operator import attrgetter
        missing = []
        for name in {REACHED_FOR}:
            try:
                attrgetter(name)(dj)
            except AttributeError as error:
                missing.append(str(error))
        assert not missing, missing
        assert dj.hash.hash_key_values({{"a": 1}}) == dj.hash.key_hash({{"a": 1}})
    """
    run(code)


def test_the_lists_of_names_are_those_of_the_published_packages() -> None:
    assert set(CLASSIC_PUBLIC) - set(INSTEAD) == CLASSIC_NAMES
    assert set(CURRENT_PUBLIC) - set(INSTEAD) == CURRENT_NAMES
    assert set(ELSEWHERE) & set(INSTEAD) == set()


def test_every_helper_module_can_be_the_first_that_is_imported() -> None:
    code = """
        import importlib, sys, labwright.compat
        labwright.compat.install()
        module = importlib.import_module("datajoint." + sys.argv[1])
        assert module is sys.modules["datajoint." + sys.argv[1]]
        assert all(getattr(module, name) is not None for name in getattr(module, "__all__", ()))
        import datajoint
        assert getattr(datajoint, sys.argv[1]) is module
        import labwright
        assert getattr(labwright, sys.argv[1]).__name__.startswith("labwright.")
    """
    for name in HELPERS:
        run("", "-c", textwrap.dedent(code), name)


def test_all_forms_of_import_lead_to_the_same_things() -> None:
    run(
        """
        import labwright, labwright.compat
        labwright.compat.install()
        import datajoint
        import datajoint as dj
        import datajoint.errors
        from datajoint import Manual, errors, utils
        from datajoint.errors import DataJointError, DuplicateError
        from datajoint.user_tables import UserTable
        assert datajoint is dj and Manual is labwright.Manual
        assert DataJointError is labwright.LabwrightError is dj.DataJointError
        assert issubclass(DuplicateError, DataJointError) and issubclass(Manual, UserTable)
        assert utils.to_camel_case("one_two") == dj.utils.to_camel_case("one_two") == "OneTwo"
        """
    )


def test_a_star_import_gives_the_names_of_the_generation() -> None:
    code = """
        import labwright.compat
        labwright.compat.install(generation={!r})
        from datajoint import *
        print("schema" in globals(), "AutoPopulate" in globals())
    """
    assert run(code.format("classic")).split() == ["True", "False"]
    assert run(code.format("2")).split() == ["False", "True"]


def test_the_version_is_that_of_the_generation() -> None:
    code = """
        import labwright, labwright.compat
        labwright.compat.install()
        import datajoint as dj
        versions = [dj.__version__]
        with labwright.config.override(generation="classic"):
            versions.append(dj.__version__)
            versions.append(dj.version.__version__)
        assert labwright.__version__ not in versions
        print(*versions)
    """
    assert run(code).split() == ["2.3.5", "0.14.6", "0.14.6"]


def test_a_module_that_does_not_exist_is_an_import_error() -> None:
    run(
        """
        import labwright.compat
        labwright.compat.install()
        try:
            import datajoint.nonsense
        except ModuleNotFoundError as error:
            assert "datajoint.nonsense" in str(error)
        """
    )


def test_installing_twice_is_installing_once_and_can_be_undone() -> None:
    run(
        """
        import sys, labwright.compat
        before = list(sys.meta_path)
        labwright.compat.install(generation="classic")
        labwright.compat.install()
        assert len(sys.meta_path) == len(before) + 1
        import datajoint
        import datajoint.utils
        assert datajoint.config["generation"] == "classic"
        labwright.compat.uninstall()
        assert sys.meta_path == before and not [n for n in sys.modules if n.startswith("datajoint")]
        assert labwright.config["generation"] == "2"
        labwright.compat.uninstall()
        labwright.compat.install()
        import datajoint as again
        assert again.Manual is labwright.Manual
        """
    )


def test_the_original_imported_before_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "datajoint.py").write_text("original = True\n")
    run(
        """
        import sys
        sys.path.insert(0, ".")
        import datajoint
        import labwright.compat
        before = list(sys.meta_path)
        try:
            labwright.compat.install(generation="classic")
        except labwright.LabwrightError as error:
            assert "imported already" in str(error) and "datajoint.py" in str(error)
        else:
            raise SystemExit("no error")
        assert sys.meta_path == before and sys.modules["datajoint"] is datajoint
        assert labwright.config["generation"] == "2"
        """,
        cwd=tmp_path,
    )


def test_the_original_on_the_path_gives_way(tmp_path: Path) -> None:
    (tmp_path / "datajoint.py").write_text("raise SystemExit('the original was imported')\n")
    run(
        """
        import sys
        sys.path.insert(0, ".")
        import labwright.compat.auto
        import datajoint
        assert datajoint.Manual
        """,
        cwd=tmp_path,
    )


def test_an_unknown_generation_is_refused_and_nothing_is_installed() -> None:
    run(
        """
        import sys, labwright.compat
        before = list(sys.meta_path)
        try:
            labwright.compat.install(generation="3")
        except labwright.errors.ConfigError as error:
            assert "'classic' or '2'" in str(error)
        else:
            raise SystemExit("no error")
        assert sys.meta_path == before
        """
    )


def test_installing_reads_no_file_and_loads_the_standard_library_alone(tmp_path: Path) -> None:
    (tmp_path / "datajoint.json").write_text("this is not JSON")
    code = """
        import json, sys
        opened = []
        sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
        before = set(sys.modules)
        import labwright.compat
        labwright.compat.install(generation="classic")
        import datajoint
        roots = {name.partition(".")[0] for name in set(sys.modules) - before}
        foreign = sorted(roots - set(sys.stdlib_module_names) - {"labwright", "datajoint"})
        print(json.dumps([foreign, [path for path in opened if path.endswith((".json", ".toml"))]]))
    """
    assert json.loads(run(code, cwd=tmp_path)) == [[], []]


PROGRAM = """
import sys
import helper
import datajoint as dj

print(dj.__version__, sys.argv, __name__, helper.BESIDE)
"""


@pytest.mark.parametrize(
    ("options", "version"), [(["--generation", "classic"], "0.14.6"), ([], "2.3.5")], ids=["classic", "2"]
)
def test_a_program_runs_as_it_is(tmp_path: Path, options: list[str], version: str) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "script.py").write_text(PROGRAM)
    (folder / "helper.py").write_text("BESIDE = True\n")
    command: list[Any] = ["-m", "labwright.compat", *options, folder / "script.py", "--option", "x"]
    expected = f"{version} {[str(folder / 'script.py'), '--option', 'x']} __main__ True\n"
    assert run("", *map(str, command), cwd=tmp_path) == expected


def test_a_module_runs_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text("BESIDE = True\n")
    out = run("", "-m", "labwright.compat", "-m", "program", "x", cwd=tmp_path)
    assert out.startswith("2.3.5 [")
    assert "'x'] __main__ True" in out


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "labwright.compat", "populate.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no file 'populate.py'; to run a module say -m populate" in done.stderr


def test_the_connection_that_is_in_use(tmp_path: Path) -> None:
    run(
        """
        import labwright, labwright.compat
        labwright.compat.install()
        import datajoint as dj
        assert dj.conn() is dj.conn.connection is labwright.conn()
        assert isinstance(dj.conn(), dj.Connection) and dj.conn().is_connected
        first = dj.conn()
        assert dj.conn(reset=True) is not first
        """,
        cwd=tmp_path,
    )


def test_conditions_as_texts_restrict_alike(tmp_path: Path) -> None:
    run(
        """
        import datetime, labwright.compat
        labwright.compat.install(generation="classic")
        import datajoint as dj
        from datajoint.condition import make_condition
        schema = dj.Schema("lab")

        @schema
        class Mouse(dj.Manual):
            definition = '''
            name : varchar(20)
            ---
            born = null : date
            weight = null : float
            '''

        Mouse.insert([("it's", "2024-01-02", 20.5), ("b", None, None), ("c", "2024-03-01", 21.0)])
        conditions = [
            {"name": "it's"}, {"born": None}, {"born": datetime.date(2024, 1, 2), "other": 1}, "weight > 20.7",
            [{"name": "b"}, "weight < 20.7"], dj.AndList(["weight > 1", {"name": "c"}]), dj.Not({"name": "b"}),
            (Mouse & "born > '2024-02-01'").proj(), Mouse.proj(), [], True, False, {},
        ]
        for condition in conditions:
            columns = set()
            text = make_condition(Mouse(), condition, columns)
            assert isinstance(text, (str, bool)) and columns <= {"name", "born", "weight"}
            assert (Mouse & text).fetch("KEY") == (Mouse & condition).fetch("KEY"), (condition, text)
        """,
        cwd=tmp_path,
    )


def test_helpers_of_tables_and_their_names(tmp_path: Path) -> None:
    run(
        """
        import labwright.compat
        labwright.compat.install(generation="classic")
        import datajoint as dj
        from datajoint.dependencies import topo_sort, unite_master_parts
        schema = dj.Schema("lab")

        @schema
        class Mouse(dj.Manual):
            definition = "name : varchar(20)"

            class Weight(dj.Part):
                definition = '''
                -> master
                day : date
                '''

        @schema
        class Report(dj.Computed):
            definition = "-> Mouse"

        names = [Mouse.full_table_name, Mouse.Weight.full_table_name, Report.full_table_name]
        assert [dj.table.lookup_class_name(name, globals()) for name in names] == ["Mouse", "Mouse.Weight", "Report"]
        assert dj.table.lookup_class_name("`lab`.`none`", globals()) is None
        assert [dj.utils.get_master(name) for name in names] == ["", names[0], ""]
        assert [dj.diagram._get_tier(name) for name in names] == [dj.Manual, dj.Part, dj.Computed]
        assert unite_master_parts([names[0], names[2], names[1]]) == [names[0], names[1], names[2]]
        assert (Mouse.aggr(Report, n="count(*)")).__class__ is dj.QueryExpression
        assert isinstance(Mouse.aggr(Report, n="count(*)"), dj.expression.Aggregation)
        assert isinstance(Mouse.proj() + Mouse.proj(), dj.expression.Union)
        assert not isinstance(Mouse(), dj.expression.Union)
        assert dj.blob.unpack(dj.blob.pack({"a": [1, 2]})) == {"a": [1, 2]}
        assert "<table" in dj.preview.repr_html(Mouse())
        for refused in (dj.kill, dj.admin.kill_quick, lambda: dj.set_password("new", update_config=False)):
            try:
                refused()
            except dj.DataJointError as error:
                assert "SQLite" in str(error)
            else:
                raise AssertionError(refused)
        """,
        cwd=tmp_path,
    )
