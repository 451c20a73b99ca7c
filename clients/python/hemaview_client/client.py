"""One method for what a script does: cases, slides, analyses, cells, labels, files."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from hemaview_client import types as t

CHUNK_BYTES = 8 * 1024**2
_ENDED = ("done", "failed", "cancelled")


class Refused(Exception):
    """The server will not do what was asked: `code` is for programs, the message for people (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The server answered {status}."))
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", status))


class HemaView:
    """A HemaView at `url`, asked with a person's API `token`."""

    def __init__(self, url: str, token: str, timeout_s: float = 60.0) -> None:
        self.url, self._token, self._timeout_s = url.rstrip("/"), token, timeout_s

    @classmethod
    def sign_in(cls, url: str, username: str, password: str) -> HemaView:
        """With a name and a password; the token that they give is used from then on."""
        body = {"username": username, "password": password}
        return cls(url, cls(url, "").post("token/", body)["token"])

    # --- cases -------------------------------------------------------------------------------------------------------
    def cases(self, **filters: Any) -> Iterator[t.Case]:
        """Those that you may see, page by page: `search`, `state`, `specimen`, `stain`, `reader`, `ordering`."""
        return self._pages("cases/", filters)

    def case(self, accession: str) -> t.Case:
        return cast(t.Case, self.get(f"cases/{quote(accession)}/"))

    def create_case(self, accession: str, **facts: Any) -> t.Case:
        """`specimen`, `stain`, `pseudonym`, `question`, `analyser`."""
        return cast(t.Case, self.post("cases/", {"accession": accession, **facts}))

    def holds(self, accession: str) -> list[t.Hold]:
        """What stands before a signature."""
        return cast(list[t.Hold], self.get(f"cases/{quote(accession)}/holds/"))

    def reports(self, accession: str) -> list[t.Report]:
        """The signed versions, newest first."""
        return cast(list[t.Report], self.get(f"cases/{quote(accession)}/reports/"))

    # --- slides ------------------------------------------------------------------------------------------------------
    def slides(self, accession: str) -> list[t.Slide]:
        return cast(list[t.Slide], self.get(f"cases/{quote(accession)}/slides/"))

    def slide(self, slide_id: str) -> t.Slide:
        return cast(t.Slide, self.get(f"slides/{slide_id}/"))

    def add_slide(self, accession: str, files: Path | str | Sequence[Path | str], **facts: Any) -> t.Slide:
        """Send a slide file, or the photographs of one slide, and begin its import: `name`, `mpp`, `specimen`, `convert`."""
        paths = [Path(files)] if isinstance(files, (str, Path)) else [Path(f) for f in files]
        uploads = [self._upload(accession, path) for path in paths]
        return cast(t.Slide, self.post(f"cases/{quote(accession)}/slides/", {"uploads": uploads, **facts}))

    def tiles(self, slide_id: str) -> t.TileAccess:
        """Where the slide's tiles are, and a short-lived token for them."""
        return cast(t.TileAccess, self.get(f"slides/{slide_id}/tiles/"))

    def thumbnail(self, slide_id: str) -> bytes:
        """The whole slide, small, as JPEG."""
        return self._ask("GET", f"{self.url}/slides/{slide_id}/thumbnail.jpg")

    # --- analyses ----------------------------------------------------------------------------------------------------
    def protocols(self) -> list[t.Protocol]:
        return cast(list[t.Protocol], self.get("protocols/"))

    def models(self) -> list[t.Model]:
        return cast(list[t.Model], self.get("models/"))

    def analyse(self, slide_id: str, protocol: str) -> t.Job:
        """Order a protocol; a worker does it."""
        return cast(t.Job, self.post(f"slides/{slide_id}/jobs/", {"protocol": protocol}))

    def jobs(self, **filters: Any) -> Iterator[t.Job]:
        """Newest first, page by page: `case`, `slide`, `protocol`, `assay`, `state`."""
        return self._pages("jobs/", filters)

    def job(self, job_id: str) -> t.Job:
        return cast(t.Job, self.get(f"jobs/{job_id}/"))

    def wait(self, job_id: str, timeout_s: float = 3600.0, every_s: float = 1.0) -> t.Job:
        """The job once it has ended, however it ended; raises TimeoutError."""
        until = time.monotonic() + timeout_s
        while (job := self.job(job_id))["state"] not in _ENDED:
            if time.monotonic() > until:
                raise TimeoutError(f"The analysis is still {job['state']} after {timeout_s:g} s.")
            time.sleep(every_s)
        return job

    def results(self, job_id: str, reviewed: bool = True) -> t.Result:
        """What was counted, as people left the cells or as the machine did."""
        return cast(t.Result, self.get(f"jobs/{job_id}/results/", {"reviewed": str(reviewed).lower()}))

    # --- cells -------------------------------------------------------------------------------------------------------
    def gallery(self, job_id: str, **filters: Any) -> t.GalleryPage:
        """A page of cells: `class`, `view` (unsure, sure, position, must-see), `offset`, `limit`."""
        return cast(t.GalleryPage, self.get(f"jobs/{job_id}/gallery/", filters))

    def cell(self, job_id: str, row: int) -> t.Card:
        return cast(t.Card, self.get(f"jobs/{job_id}/cells/{row}/"))

    def picture(self, job_id: str, row: int, size: int = 96) -> bytes:
        """A cell's picture as JPEG, `size` px wide."""
        return self._ask("GET", f"{self._api}jobs/{job_id}/cells/{row}/crop.jpg?size={size}")

    def label(
        self,
        job_id: str,
        action: str,
        rows: Sequence[int],
        label: int | str | None = None,
        base_revision: int | None = None,
        shown: int | str | None = None,
    ) -> t.LabelAnswer:
        """Confirm, relabel, reject or clear cells. Without `base_revision` the labels as they are now are what you saw.

        `shown` is the class as which you looked at cells that you confirm together: nothing is confirmed where one of them is
        called otherwise by now.
        """
        if base_revision is None:
            base_revision = cast(t.Labels, self.get(f"jobs/{job_id}/labels/"))["revision"]
        body = {"action": action, "rows": list(rows), "label": label, "base_revision": base_revision, "shown": shown}
        return cast(t.LabelAnswer, self.post(f"jobs/{job_id}/labels/", body))

    def export(self, of: str, format: str, out: Path | str | None = None) -> bytes:
        """A file of `jobs/<id>`, `cases/<accession>` or `reports/<id>` in a format (`formats`); also written to `out`."""
        raw = self._ask("GET", f"{self._api}{of.strip('/')}/export/{format}/")
        if out is not None:
            Path(out).write_bytes(raw)
        return raw

    def formats(self) -> list[t.Format]:
        return cast(list[t.Format], self.get("exports/"))

    # --- plain requests ----------------------------------------------------------------------------------------------
    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """Any address under /api/v1/, read."""
        return self._json("GET", f"{self._api}{path}" + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._json("POST", f"{self._api}{path}", body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._json("PATCH", f"{self._api}{path}", body)

    @property
    def _api(self) -> str:
        return f"{self.url}/api/v1/"

    def _pages(self, path: str, filters: dict[str, Any]) -> Iterator[Any]:
        number = 1
        while True:
            page = self.get(path, {**filters, "page": number})
            yield from page["results"]
            if not page["next"]:
                return
            number += 1

    def _upload(self, accession: str, path: Path) -> str:
        """Send a file by the tus protocol; the id of the upload."""
        metadata = {"filename": path.name, "case": accession}
        words = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in metadata.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(path.stat().st_size), "Upload-Metadata": words}
        with self._open("POST", f"{self._api}uploads/", None, headers) as answer:
            location = str(answer.headers["Location"])
        upload_id = location.rstrip("/").rsplit("/", 1)[-1]
        at = f"{self._api}uploads/{upload_id}/"
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                headers = {
                    "Tus-Resumable": "1.0.0", "Upload-Offset": str(stream.tell() - len(chunk)),
                    "Content-Type": "application/offset+octet-stream",
                }  # fmt: skip
                self._ask("PATCH", at, chunk, headers)
        return upload_id

    def _json(self, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
        raw = self._ask(
            method, url, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        return json.loads(raw) if raw else None

    def _ask(self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        with self._open(method, url, body, headers or {}) as answer:
            raw: bytes = answer.read()
        return raw

    def _open(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Any:
        if self._token:
            headers = {**headers, "Authorization": f"Token {self._token}"}
        request = Request(url, data=body, method=method, headers=headers)
        try:
            return urlopen(request, timeout=self._timeout_s)
        except HTTPError as error:
            with error:
                raw = error.read()
            try:
                problem = json.loads(raw)
            except ValueError:
                problem = {}
            raise Refused(error.code, problem if isinstance(problem, dict) else {}) from error
