"""Which drives are of another machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from labwright.core.errors import ConfigError
from labwright.sql import drives
from labwright.sql.connection import Connection
from labwright.sql.drives import Mount, bsd_mounts, linux_mounts, mount_of, network_drive

MAC = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
ana@nas:/lab on /Volumes/lab (data) (nfs, nodev, nosuid)
//ana@nas/Our%20lab on /Volumes/Our lab (smbfs, nodev, nosuid, mounted by ana)
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no table of mounts")


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "lustre", "gpfs"]
)
def test_network(kind: str) -> None:
    assert Mount("/data", kind).is_network


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "apfs", "tmpfs", "overlay", "fuseblk", "fuse.mergerfs", "sshfs_like"]
)
def test_local(kind: str) -> None:
    assert not Mount("/data", kind).is_network


def test_the_root_of_a_sandbox() -> None:
    assert not Mount("/", "9p").is_network
    assert Mount("/", "nfs").is_network


def test_the_mount_on_top_counts() -> None:
    mounts = [Mount("/", "ext4"), Mount("/net", "autofs"), Mount("/net", "nfs4")]
    assert mount_of("/net/x.db", mounts) == Mount("/net", "nfs4")
    assert mount_of("/network/x.db", mounts) == Mount("/", "ext4")


def test_a_mac() -> None:
    kinds = {mount.place: mount.kind for mount in bsd_mounts(MAC)}
    assert kinds["/Volumes/lab (data)"] == "nfs"
    assert kinds["/Volumes/Our lab"] == "smbfs"
    assert kinds["/"] == "apfs"


def test_a_line_that_is_no_mount() -> None:
    assert list(linux_mounts("\nnonsense\nnone /proc proc rw 0 0\n")) == [Mount("/proc", "proc")]


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the system says is a network drive."""
    folder = tmp_path / "our share"
    folder.mkdir()
    place = str(folder.resolve()).replace(" ", "\\040")
    (tmp_path / "mounts").write_text(f"/dev/sda / ext4 rw 0 0\nnas:/lab {place} nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(drives, "TABLE", tmp_path / "mounts")
    return folder


@posix
def test_a_file_that_is_not_there_yet(share: Path) -> None:
    assert network_drive(share / "new" / "x.db") == "nfs4"
    assert network_drive(share.parent / "x.db") is None


@posix
def test_a_link_to_a_network_drive(share: Path) -> None:
    (share.parent / "link").symlink_to(share)
    assert network_drive(share.parent / "link" / "x.db") == "nfs4"


@posix
def test_sqlite_refuses_a_network_drive(share: Path) -> None:
    with (
        Connection(f"sqlite:///{share / 'x.db'}") as connection,
        pytest.raises(ConfigError, match=r"network drive \(nfs4\)"),
    ):
        connection.fetch("SELECT 1")
    assert list(share.iterdir()) == []
