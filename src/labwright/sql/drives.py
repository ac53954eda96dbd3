"""Which files lie on a network drive, where SQLite's locks and shared memory do not work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

NETWORK: Final = frozenset(
    "9p acfs afpfs afs beegfs ceph cephfs cifs coda davfs drvfs gfs gfs2 glusterfs gpfs lustre ncp ncpfs nfs nfs3 nfs4"
    " ocfs2 orangefs panfs prl_fs pvfs2 smb smb2 smb3 smbfs vboxsf vmhgfs webdav wekafs".split()
)
"""Kinds of file systems that more than one machine may write to."""
FUSE: Final = frozenset(
    "afpfs  ceph cephfs curlftpfs davfs davfs2 gcsfuse geesefs glusterfs goofys gpfs juicefs lustre nfs osxfuse_sshfs"
    " prl_fsd rclone s3fs smbnetfs sshfs vmhgfs-fuse".split()
)
"""The same among those that run as programs, which are listed as ``fuse.sshfs``."""

TABLE: Final = Path("/proc/mounts")
"""Where Linux tells which file systems there are."""

_REMOTE_DRIVE = 4
"""What Windows calls a drive of another machine."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, and the folder at which it begins.

    Parameters
    ----------
    place : str
    kind : str
        As the system calls it: ``ext4``, ``nfs4``, ``fuse.sshfs``.
    """

    place: str
    kind: str

    @property
    def is_network(self) -> bool:
        """Whether more than one machine may write to it.

        Examples
        --------
        >>> Mount("/data", "nfs4").is_network, Mount("/data", "fuse.sshfs").is_network, Mount("/", "ext4").is_network
        (True, True, False)
        """
        # Sandboxes have a root of this kind that is theirs alone.
        if self.place == "/" and self.kind == "9p":
            return False
        if self.kind.startswith("fuse."):
            return self.kind.removeprefix("fuse.") in FUSE
        return self.kind in NETWORK


def network_drive(path: str | os.PathLike[str]) -> str | None:
    """Return the kind of the network drive that a file is, or will be, on; None for a drive of this machine.

    Parameters
    ----------
    path : path
        Need not exist.

    Returns
    -------
    str or None
        ``nfs4``, ``cifs``, ``fuse.sshfs``, ``a network share``, ...
    """
    place = Path(os.path.realpath(path))
    if sys.platform == "win32":
        return _windows_drive(str(place))
    found = mount_of(str(place), _mounts())
    return found.kind if found is not None and found.is_network else None


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """Return the file system of an absolute path: the deepest one, and of several at one place the last.

    Examples
    --------
    >>> mount_of("/data/lab/x.db", [Mount("/", "ext4"), Mount("/data", "nfs4"), Mount("/database", "xfs")])
    Mount(place='/data', kind='nfs4')
    """
    parents = {str(p): len(p.parts) for p in (PurePosixPath(path), *PurePosixPath(path).parents)}
    best: Mount | None = None
    for mount in mounts:
        if mount.place in parents and (best is None or parents[mount.place] >= parents[best.place]):
            best = mount
    return best


def linux_mounts(text: str) -> Iterator[Mount]:
    r"""Read ``/proc/mounts``.

    Examples
    --------
    >>> list(linux_mounts("server:/lab /mnt/our\\040data nfs4 rw 0 0"))
    [Mount(place='/mnt/our data', kind='nfs4')]
    """
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            yield Mount(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[1]), fields[2])


def bsd_mounts(text: str) -> Iterator[Mount]:
    """Read what ``mount`` says on macOS and its relatives.

    Examples
    --------
    >>> list(bsd_mounts("//ana@nas/lab on /Volumes/our lab (smbfs, nodev, nosuid)"))
    [Mount(place='/Volumes/our lab', kind='smbfs')]
    """
    for found in re.finditer(r"^.+? on (/.*) \((\w[\w.]*)[,)]", text, re.MULTILINE):
        yield Mount(found[1], found[2])


def is_windows_share(path: str) -> bool:
    r"""Whether a path names another machine.

    Examples
    --------
    >>> is_windows_share(r"\\nas\lab\x.db"), is_windows_share(r"\\?\UNC\nas\lab\x.db"), is_windows_share(r"C:\x.db")
    (True, True, False)
    """
    plain = path.replace("/", "\\").upper()
    if plain.startswith("\\\\?\\"):
        return plain.startswith("\\\\?\\UNC\\")
    return plain.startswith("\\\\") and not plain.startswith("\\\\.\\")


def _mounts() -> list[Mount]:
    try:
        # Read anew each time: drives come and go while a program runs.
        return list(linux_mounts(TABLE.read_text(encoding="utf-8", errors="surrogateescape")))
    except OSError:
        return list(bsd_mounts(_asked()))


@cache
def _asked() -> str:
    """Starting a program takes long, so this is done once."""
    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, errors="replace", timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _windows_drive(path: str) -> str | None:
    if is_windows_share(path):
        return "a network share"
    if sys.platform == "win32":
        import ctypes

        drive = PureWindowsPath(path.removeprefix("\\\\?\\")).drive
        if ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _REMOTE_DRIVE:
            return f"the network drive {drive}"
    return None
