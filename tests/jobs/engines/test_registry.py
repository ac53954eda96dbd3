"""Engines by name and by what they are made of."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from tests.jobs.slurm import OneNode

from labwright.core.errors import ConfigError
from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.futures import Futures
from labwright.jobs.engines.in_process import InProcess
from labwright.jobs.engines.registry import engines, open_engine
from labwright.jobs.engines.slurm import Slurm, SlurmOptions
from labwright.jobs.resources import Resources
from labwright.tables.config import Config


def config(folder: Path, text: str, profile: str | None = None) -> Config:
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "labwright.toml").write_text(text)
    return Config(folder, profile=profile, environ={}, home=folder)


def test_the_default_is_in_process(tmp_path: Path) -> None:
    with open_engine(None, config(tmp_path, "")) as engine:
        assert isinstance(engine.executor, InProcess)
        assert engine.workers == 1


def test_the_settings_say_which_and_how(tmp_path: Path) -> None:
    text = '[engines]\ndefault = "machine"\n[engines.machine]\nengine = "processes"\nworkers = 3\nmemory = "2 GB"\n'
    with open_engine(None, config(tmp_path, text)) as engine:
        assert engine.executor.name == "processes"
        assert engine.workers == 3
        assert engine.resources([]) == Resources(memory=2 * 10**9)


def test_a_profile_has_engines_of_its_own(tmp_path: Path) -> None:
    text = '[engines.machine]\nengine = "processes"\nworkers = 3\n[cluster.engines.machine]\nworkers = 40\n'
    for profile, workers in ((None, 3), ("cluster", 40)):
        with open_engine("machine", config(tmp_path, text, profile)) as engine:
            assert engine.workers == workers


def test_options_of_slurm(tmp_path: Path, slurm: OneNode) -> None:
    text = (
        '[engines.slurm]\npartition = "gpu"\naccount = "lab"\noptions = "--constraint=a100 --comment=\'so far\'"\n'
        'setup = """\nmodule load cuda\n"""\npython = "/opt/python"\n'
    )
    engine = open_engine("slurm", config(tmp_path, text))
    assert isinstance(engine.executor, Slurm)
    options = SlurmOptions("gpu", "lab", ("--constraint=a100", "--comment=so far"), "module load cuda\n", "/opt/python")
    assert engine.executor.options == options
    assert engine.executor.folder == tmp_path / ".labwright" / "workers"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[engines.slurm]\npartitoin = 'a'", "no setting 'partitoin'.*Did you mean 'partition'"),
        ("[engines.fast]\nengine = 'dask'\npartition = 'a'", "'dask' has no setting 'partition'"),
        ("[engines.slurm]\nworkers = 0", "of at least 1"),
        ("[engines.slurm]\nmemory = 32", "text"),
        ("[engines]\nslurm = 3", "engines"),
    ],
    ids=["typo", "foreign", "none", "no-unit", "no-section"],
)
def test_wrong_settings_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_engine(None, config(tmp_path, text))


def test_a_memory_without_its_unit_is_refused_where_it_is_used(tmp_path: Path) -> None:
    settings = config(tmp_path, '[engines.processes]\nmemory = "32"')
    with open_engine("processes", settings) as engine, pytest.raises(ConfigError, match="engine's settings: memory"):
        engine.resources([])


def test_an_unknown_engine_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no engine 'slrum'\. Did you mean 'slurm'\? Known: dask, in-process"):
        open_engine("slrum", config(tmp_path, ""))


def test_a_package_may_add_an_engine(tmp_path: Path) -> None:
    engines.register("ours", lambda settings, folder: InProcess())
    try:
        settings = config(tmp_path, "[engines.ours]\nanything = 3")
        engine = open_engine("ours", settings)
    finally:
        engines.unregister("ours")
    assert engine.settings == {"anything": 3}
    assert settings["engines.ours.anything"] == settings["engines"]["ours"]["anything"] == 3


def test_what_users_have_is_taken(dask_cluster: LocalCluster) -> None:
    executor = InProcess()
    assert open_engine(executor).executor is executor
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(open_engine(pool).executor, Futures)
        with open_engine(pool):
            pass
        assert pool.submit(int).result() == 0  # it is the user's, and stays open
    with Client(dask_cluster, set_as_default=False) as client:
        for given in (client, dask_cluster):
            engine = open_engine(given)
            assert isinstance(engine.executor, Executor)
            assert engine.executor.name == "dask"
            engine.executor.close()
        assert client.submit(int).result() == 0


def test_what_starts_no_workers_is_refused() -> None:
    with pytest.raises(ConfigError, match="No engine is made of 3"):
        open_engine(3)


def test_a_missing_package_is_told_with_the_command_that_installs_it() -> None:
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from labwright.jobs.engines.registry import open_engine\n"
        "open_engine('dask')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingPackageError" in done.stderr
    assert "pip install 'labwright[dask]'" in done.stderr


def test_a_machine_without_slurm_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = subprocess.run(
        [sys.executable, "-c", "from labwright.jobs.engines.registry import open_engine; open_engine('slurm')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "EngineError: Slurm's sbatch, squeue, scancel are not on this machine" in done.stderr


def test_importing_engines_loads_no_package_of_theirs() -> None:
    code = "import sys, labwright.jobs.engines.registry as r; print('distributed' in sys.modules, list(r.engines))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["False", "['dask', 'in-process', 'processes', 'slurm']\n"]
