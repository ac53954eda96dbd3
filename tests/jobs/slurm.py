"""A Slurm of one node for the tests, with its own key, ports and folder, run by whoever runs the tests."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import go_without
from tests.storage.servers import free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol", "sinfo")
PATIENCE = 30.0
CONFIGURATION = """\
ClusterName=labwright
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
KillWait=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=2
"""


class OneNode:
    """The three daemons of a Slurm, and where they are.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._others = contextlib.ExitStack()
        self._controller = contextlib.ExitStack()

    def start(self) -> None:
        socket = self.folder / "munge.socket"
        files = [f"--{name}-file={self.folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
        self._others.enter_context(
            self._daemon("munged", "--foreground", "--force", f"--socket={socket}", "--num-threads=2", *files)
        )
        self.wait_until(socket.exists)
        self._others.enter_context(self._daemon("slurmd", "-D"))
        self._start_controller()

    def stop(self) -> None:
        self._controller.close()
        self._others.close()

    @contextlib.contextmanager
    def without_controller(self) -> Iterator[None]:
        """Stop the controller for the block, as for a restart of it."""
        self._controller.close()
        try:
            yield
        finally:
            self._start_controller()

    def _start_controller(self) -> None:
        self._controller.enter_context(self._daemon("slurmctld", "-D", "-i"))
        self.wait_until(lambda: self.ask("sinfo", "-h", "-o", "%T") in {"idle", "mixed", "allocated"})

    @contextlib.contextmanager
    def _daemon(self, name: str, *arguments: str) -> Iterator[None]:
        with (self.folder / f"{name}.out").open("ab") as log:
            process = subprocess.Popen(
                [find(name) or name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C is for the tests, which end it then
            )
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            process.wait()

    def ask(self, *command: str) -> str:
        """What a program of Slurm says."""
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                said = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.out"))
                raise AssertionError(f"Slurm has not started within {PATIENCE} s:\n{said}")
            time.sleep(0.05)

    def _environment(self) -> dict[str, str]:
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf")}


@contextlib.contextmanager
def one_node() -> Iterator[OneNode]:
    """Run a Slurm of one node, and let programs find it."""
    missing = [name for name in PROGRAMS if not find(name)]
    if missing:
        go_without(f"{', '.join(missing)} not installed: scripts/setup installs Slurm on Debian, as root")
    folder = Path(tempfile.mkdtemp(prefix="labwright-slurm-"))
    configure(folder)
    node = OneNode(folder)
    try:
        node.start()
        with found_by_programs(folder):
            yield node
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def find(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def configure(folder: Path) -> None:
    folder.chmod(0o755)  # munge has it so
    (folder / "munge.key").write_bytes(secrets.token_bytes(256))
    (folder / "munge.key").chmod(0o400)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    said = {"host": socket.gethostname().partition(".")[0], "user": getpass.getuser(), "folder": folder}
    text = CONFIGURATION.format(**said, controller=free_port(), node=free_port())
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text("Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n")  # two on paper


@contextlib.contextmanager
def found_by_programs(folder: Path) -> Iterator[None]:
    before = os.environ.get("SLURM_CONF")
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    try:
        yield
    finally:
        os.environ.pop("SLURM_CONF")
        if before is not None:
            os.environ["SLURM_CONF"] = before
