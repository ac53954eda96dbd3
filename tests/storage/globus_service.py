"""Globus as far as a store needs it: its answers are shaped like those of globus-sdk's own test data."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

Answer = tuple[int, dict[str, str], str]
API = r"https://transfer\.api\.globus\.org/v0\.10/"


class GlobusService:
    """Collections that are folders of this machine. Jobs are done when they are asked for.

    Parameters
    ----------
    collections : dict
        The folders by the name of the collection.
    """

    def __init__(self, collections: dict[str, Path]) -> None:
        self.collections = collections
        self.tasks: dict[str, dict[str, Any]] = {}
        self.jobs: list[dict[str, Any]] = []
        self.fails = ""

    def register(self, mock: responses.RequestsMock) -> None:
        def add(method: str, path: str, act: Callable[..., Any]) -> None:
            def answer(request: Any) -> Answer:
                try:
                    return 200, {}, json.dumps(act(request))
                except (FileNotFoundError, NotADirectoryError):
                    return self.refusal(404, "NotFound", "No such file or directory")
                except FileExistsError:
                    return self.refusal(502, "ExternalError.MkdirFailed.Exists", "Path already exists")

            mock.add_callback(method, re.compile(API + path), callback=answer)

        add("GET", r"submission_id", lambda _: {"value": str(uuid.uuid4())})
        add("GET", r"operation/endpoint/[^/]+/stat", self.stat)
        add("GET", r"operation/endpoint/[^/]+/ls", self.ls)
        add("POST", r"operation/endpoint/[^/]+/mkdir", self.mkdir)
        add("POST", r"operation/endpoint/[^/]+/rename", self.rename)
        add("POST", r"transfer$", self.transfer)
        add("POST", r"delete$", self.delete)
        add("GET", r"task/[^/]+$", lambda request: self.tasks[request.url.rpartition("/")[2]])
        add("POST", r"task/[^/]+/cancel", lambda _: {"code": "Canceled"})

    @staticmethod
    def refusal(status: int, code: str, message: str) -> Answer:
        return status, {}, json.dumps({"code": code, "message": message, "request_id": "aaabbbccc", "resource": ""})

    def place(self, collection: str, path: str) -> Path:
        return self.collections[collection] / path.lstrip("/")

    def asked(self, request: Any) -> tuple[str, Path]:
        url = urlsplit(request.url)
        collection = url.path.split("/")[4]
        return collection, self.place(collection, parse_qs(url.query).get("path", [""])[0])

    @staticmethod
    def told(path: Path) -> dict[str, Any]:
        found = path.stat()
        modified = datetime.fromtimestamp(int(found.st_mtime), UTC).isoformat(sep=" ")
        kind = "dir" if path.is_dir() else "file"
        return {"DATA_TYPE": "file", "name": path.name, "type": kind, "size": found.st_size, "last_modified": modified}

    def stat(self, request: Any) -> dict[str, Any]:
        return self.told(self.asked(request)[1])

    def ls(self, request: Any) -> dict[str, Any]:
        query = parse_qs(urlsplit(request.url).query)
        start, limit = int(query["offset"][0]), int(query["limit"][0])
        found = [self.told(path) for path in sorted(self.asked(request)[1].iterdir())]
        return {"DATA_TYPE": "file_list", "DATA": found[start : start + limit]}

    def mkdir(self, request: Any) -> dict[str, Any]:
        self.place(self.asked(request)[0], json.loads(request.body)["path"]).mkdir()
        return {"code": "DirectoryCreated"}

    def rename(self, request: Any) -> dict[str, Any]:
        said = json.loads(request.body)
        old, new = (self.place(self.asked(request)[0], said[name]) for name in ("old_path", "new_path"))
        if new.exists():
            raise FileExistsError(new)
        old.rename(new)
        return {"code": "FileRenamed"}

    def transfer(self, request: Any) -> dict[str, Any]:
        job = json.loads(request.body)
        for item in job["DATA"]:
            source = self.place(job["source_endpoint"], item["source_path"])
            target = self.place(job["destination_endpoint"], item["destination_path"])
            target.parent.mkdir(parents=True, exist_ok=True)
            if not self.fails:
                shutil.copyfile(source, target)
        return self.done(job)

    def delete(self, request: Any) -> dict[str, Any]:
        job = json.loads(request.body)
        for item in job["DATA"]:
            self.place(job["endpoint"], item["path"]).unlink(missing_ok=job["ignore_missing"])
        return self.done(job)

    def done(self, job: dict[str, Any]) -> dict[str, Any]:
        task = str(uuid.uuid4())
        said = {"status": "FAILED", "nice_status_short_description": self.fails} if self.fails else {}
        self.tasks[task] = {"task_id": task, "status": "SUCCEEDED", "nice_status": None} | said
        self.jobs.append(job)
        return {"code": "Accepted", "task_id": task}
