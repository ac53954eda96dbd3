"""An SSH server that gives a folder by SFTP: FOLDER PORT KEY_FILE USER PASSWORD."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import asyncssh

FOLDER, PORT, KEY, USER, PASSWORD = sys.argv[1:]


class Passwords(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


def files(channel: Any) -> asyncssh.SFTPServer:
    return asyncssh.SFTPServer(channel, chroot=os.fsencode(FOLDER))


async def serve() -> None:
    await asyncssh.listen("127.0.0.1", int(PORT), server_host_keys=[KEY], server_factory=Passwords, sftp_factory=files)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
