"""The tile server: who may, what they get, what it refuses, and what it leaves behind."""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from hemaview.tiles import KeptTiles, Signer, TileApp, app
from hemaview.tiles.decoders import Decoders
from hemaview.tiles.indexed import FRESH_S, IndexedSlides
from hemaview.wsi.tileplan import plan_tiles
from tests.tiffs import Dialect, halves, picture, write_tiff

SECRET = "a-secret-of-the-test"


class House:
    """Slides on disk, an app over them, and requests to it."""

    def __init__(self, folder: Path, **facts: Any) -> None:
        self.folder = folder
        self.allowed: Callable[[set[Any]], set[Any]] = lambda pairs: pairs
        self.signer = Signer(SECRET)
        self.passed_on: list[str] = []

        async def behind(scope: Any, receive: Any, send: Any) -> None:
            self.passed_on.append(scope["path"])

        self.app = TileApp(
            root=folder, signer=self.signer, behind=behind, still_allowed=lambda pairs: self.allowed(pairs),
            keep=KeptTiles(folder / "kept", 10**7), **facts,
        )  # fmt: skip

    def slide(self, how: Dialect | None = None, levels: int = 2, side: int = 600) -> Slide:
        key = uuid.uuid4()
        home = self.folder / str(key)
        home.mkdir(parents=True)
        path = home / "slide.tif"
        if how is None:
            with tifffile.TiffWriter(path) as writer:
                writer.write(
                    picture(side, side, key.int % 999), tile=(256, 256), compression="deflate", photometric="rgb"
                )
        else:
            write_tiff(path, halves(picture(side, side, key.int % 999), levels - 1), how)
        return Slide(self, key, path)

    async def ask(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET", leave_after_s: float = 60
    ) -> Answer:
        sent: list[Any] = []
        raw, _, query = path.encode().partition(b"?")

        async def send(message: Any) -> None:
            sent.append(message)

        first = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if first:
                return first.pop()
            await asyncio.sleep(leave_after_s)
            return {"type": "http.disconnect"}

        scope = {
            "type": "http", "method": method, "path": raw.decode("latin-1"), "raw_path": raw, "query_string": query,
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
        }  # fmt: skip
        await self.app(scope, receive, send)
        return Answer(sent)


class Slide:
    def __init__(self, house: House, key: uuid.UUID, path: Path) -> None:
        self.house, self.key, self.path = house, key, path
        self.index_path = path.parent / "tiles.hvt"
        self.stamp = plan_tiles(path, None, self.index_path).stamp

    def token(self, person: str = "7", lasts_s: int = 60) -> str:
        return self.house.signer.issue(self.key.hex, person, int(time.time()) + lasts_s)

    def url(self, place: str = "0/0_0", token: str | None = None) -> str:
        return f"/tiles/{self.key.hex}/{self.stamp}/{place}.jpg?t={self.token() if token is None else token}"

    def replan(self) -> None:
        self.stamp = plan_tiles(self.path, None, self.index_path).stamp


class Answer:
    def __init__(self, sent: list[Any]) -> None:
        self.sent = sent
        if sent:
            self.status: int = sent[0]["status"]
            self.headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
            self.body: bytes = sent[1]["body"]

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    await one.app.close()


async def test_a_tile_comes_with_what_a_browser_needs_to_keep_it(house: House) -> None:
    slide = house.slide(Dialect())
    answer = await house.ask(slide.url("0/1_1"))
    assert answer.status == 200 and Image.open(io.BytesIO(answer.body)).size == (256, 256)
    assert answer.headers["content-type"] == "image/jpeg" and int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {"private", "immutable"} <= set(answer.headers["cache-control"].replace(",", " ").split())
    assert "content-encoding" not in answer.headers and not answer.headers["etag"].startswith("W/")


async def test_head_says_the_same_without_the_picture(house: House) -> None:
    slide = house.slide(Dialect())
    get, head = await house.ask(slide.url()), await house.ask(slide.url(), method="HEAD")
    assert head.headers == get.headers and head.body == b"" and get.body


async def test_a_known_tile_is_answered_before_anything_is_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = house.slide(Dialect())
    tag = (await house.ask(slide.url())).headers["etag"]

    def no_reading(*_: Any) -> Any:
        raise AssertionError("read")

    monkeypatch.setattr(os, "preadv", no_reading)
    for tags in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = await house.ask(slide.url(), {"If-None-Match": tags})
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


async def test_the_token_may_come_as_a_cookie_among_others(house: House) -> None:
    slide = house.slide(Dialect())
    url = slide.url(token="").split("?")[0]
    cookies = f"sessionid=abc; hvt={slide.token()}; csrftoken=def"
    assert (await house.ask(url, {"Cookie": cookies})).status == 200
    assert (await house.ask(url, {"Cookie": f"xhvt={slide.token()}"})).code == "token-missing"


async def test_pages_of_named_origins_read_tiles_and_refusals_and_no_other_page_does(tmp_path: Path) -> None:
    viewer = "https://viewer.example.org"
    house = House(tmp_path, origins=[viewer])
    try:
        slide = house.slide(Dialect())
        await house.ask(slide.url())  # from now on it could be answered at once
        for url, status in ((slide.url(), 200), (slide.url(token="x"), 403)):
            answer = await house.ask(url, {"Origin": viewer})
            assert (answer.status, answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (
                status,
                viewer,
                "Origin",
            )
            for other in ({"Origin": "https://evil.example.org"}, {}):
                assert "access-control-allow-origin" not in (await house.ask(url, other)).headers
        headers = {"Origin": viewer, "Access-Control-Request-Method": "GET"}
        preflight = await house.ask(slide.url(), headers, method="OPTIONS")
        assert preflight.status == 204 and preflight.headers["access-control-allow-methods"] == "GET, HEAD"
        path = slide.url().partition("?")[0].encode()
        assert house.app.at_once(path, b"t=" + slide.token().encode(), [(b"origin", viewer.encode())]) is None
    finally:
        await house.app.close()


async def test_forged_expired_foreign_and_missing_tokens_open_nothing(house: House) -> None:
    slide, other = house.slide(Dialect()), house.slide(Dialect())
    good = slide.token()
    person, expiry, signature = good.split(".")
    cases = {
        "": "token-missing", "x": "token-refused", "..": "token-refused", good[:-1]: "token-refused",
        f"8.{expiry}.{signature}": "token-refused", f"{person}.{int(expiry, 16) + 9:x}.{signature}": "token-refused",
        other.token(): "token-refused", slide.token(lasts_s=-1): "token-expired", "7.zz.aa": "token-refused",
        Signer("another").issue(slide.key.hex, "7", int(time.time()) + 60): "token-refused",
    }  # fmt: skip
    for token, code in cases.items():
        answer = await house.ask(slide.url(token=token))
        assert (answer.status in (401, 403), answer.code) == (True, code), token


async def test_a_token_ends_when_its_time_is_over_though_it_was_good(house: House) -> None:
    slide = house.slide(Dialect())
    url = slide.url(token=slide.token(lasts_s=1))
    assert (await house.ask(url)).status == 200
    await asyncio.sleep(1.2)
    assert (await house.ask(url)).code == "token-expired"


async def test_withdrawn_access_ends_tokens_and_given_back_it_revives_them(house: House) -> None:
    slide = house.slide(Dialect())
    url = slide.url()
    assert (await house.ask(url)).status == 200
    house.allowed = lambda pairs: set()
    await house.app.admission.recheck()
    assert (await house.ask(url)).code == "token-withdrawn"
    assert (await house.ask(slide.url(token=slide.token(lasts_s=99)))).code == "token-withdrawn"
    assert (await house.ask(slide.url(token=slide.token("8")))).status == 200
    house.allowed = lambda pairs: pairs
    await house.app.admission.recheck()
    assert (await house.ask(url)).status == 200


async def test_rights_are_looked_at_again_by_itself(tmp_path: Path) -> None:
    house = House(tmp_path, recheck_s=0.1)
    slide = house.slide(Dialect())
    assert (await house.ask(slide.url())).status == 200
    house.allowed = lambda pairs: set()
    await asyncio.sleep(0.4)
    assert (await house.ask(slide.url())).code == "token-withdrawn"


@pytest.mark.parametrize(
    "place",
    ["9/0_0", "0/3_0", "0/0_3", "0/9999999_9999999", "1/2_0", "999/0_0", "0/00000009_0", "-1/0_0", "0/-1_0", "a/b_c",
     "0/0_0.jpg/..", "0/1e1_0", "0/٣_0", "0/0_0%00", "../../etc/passwd", "0/0x0_0", "label", "0/ 1_0"],
)  # fmt: skip
async def test_places_that_are_not_there_do_not_exist(place: str, house: House) -> None:
    slide = house.slide(Dialect())
    answer = await house.ask(slide.url(place))
    assert (answer.status, answer.code in ("out-of-bounds", "not-found")) == (404, True)


async def test_other_methods_and_other_slides_are_refused(house: House) -> None:
    slide = house.slide(Dialect())
    assert (await house.ask(slide.url(), method="POST")).status == 405
    ghost = uuid.uuid4().hex
    token = house.signer.issue(ghost, "7", int(time.time()) + 60)
    assert (await house.ask(f"/tiles/{ghost}/{slide.stamp}/0/0_0.jpg?t={token}")).code == "not-found"
    await house.ask("/cases/")
    assert house.passed_on == ["/cases/"]


async def test_no_slide_ever_shows_another_ones_pixels(house: House) -> None:
    slides = [house.slide(Dialect(tile=64), side=100) for _ in range(5)]
    for slide in slides * 2:
        body = (await house.ask(slide.url("0/1_1"))).body
        with tifffile.TiffFile(slide.path) as tiff:
            theirs = tiff.pages[0].asarray()[64:100, 64:100]
        ours = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))[:36, :36]
        assert np.abs(ours.astype(int) - theirs).max() <= 2


async def test_a_cold_page_is_read_in_a_thread_and_is_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = house.slide(Dialect())
    warm = (await house.ask(slide.url("0/1_0"))).body

    def cold(*_: Any) -> Any:
        raise BlockingIOError

    monkeypatch.setattr(os, "preadv", cold)
    assert (await house.ask(slide.url("0/1_0"))).body == warm


async def test_a_read_that_waits_is_of_its_own_slide_however_many_others_are_opened_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A descriptor that is closed too early is soon another slide's, whose tiles lie at the same places in its file."""
    house = House(tmp_path, slides=IndexedSlides(max_open=2))
    slide, *others = [house.slide(Dialect(tile=64), levels=1, side=100) for _ in range(90)]
    expected = (await house.ask(slide.url())).body
    wait, read_cold = threading.Event(), app.read_cold

    def slow(*arguments: Any) -> bytes:
        wait.wait(20)
        return read_cold(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(app, "read_cold", slow)
        patch.setattr(app, "read_warm", lambda *_: None)
        waiting = asyncio.create_task(house.ask(slide.url()))
        await asyncio.sleep(0.1)
    for other in others:
        assert (await house.ask(other.url())).status == 200
    wait.set()
    assert (await waiting).body == expected
    await house.app.close()


async def test_a_slide_that_is_deleted_leaves_no_descriptor(house: House) -> None:
    slide = house.slide(Dialect())
    assert (await house.ask(slide.url())).status == 200
    slide.index_path.unlink()
    slide.path.unlink()
    await asyncio.sleep(FRESH_S + 0.05)
    assert (await house.ask(slide.url())).code == "not-found"
    here = Path("/proc/self/fd")
    assert not [fd for fd in here.iterdir() if str(slide.key) in os.path.realpath(fd)]


async def test_missing_tiles_are_white(house: House) -> None:
    slide = house.slide(Dialect(sparse=(4,)))
    pixels = np.asarray(Image.open(io.BytesIO((await house.ask(slide.url("0/1_1"))).body)))
    assert pixels.shape == (256, 256, 3) and pixels.min() == 255


async def test_a_slide_deleted_cut_or_replaced_while_open_is_noticed(house: House) -> None:
    for change, codes in (
        (lambda s: s.index_path.unlink(), {"not-found"}),
        (lambda s: s.path.unlink(), {"unreadable"}),
        (lambda s: os.truncate(s.path, 5000), {"slide-changed", "unreadable"}),
        (lambda s: write_tiff(s.path, [picture(600, 600, 77)], Dialect(quality=50)), {"slide-changed"}),
    ):
        slide = house.slide(Dialect())
        assert (await house.ask(slide.url())).status == 200
        change(slide)
        await asyncio.sleep(FRESH_S + 0.05)
        answer = await house.ask(slide.url())
        assert (answer.status, answer.code in codes) == (404, True), answer.body


async def test_a_slide_cut_between_two_looks_gives_no_tile_and_no_error_of_ours(house: House) -> None:
    slide = house.slide(Dialect())
    url = slide.url("0/2_2")
    assert (await house.ask(slide.url())).status == 200
    os.truncate(slide.path, 2000)
    answer = await house.ask(url)
    assert (answer.status, answer.code) == (404, "unreadable")


async def test_bytes_that_are_no_jpeg_are_never_sent(house: House) -> None:
    slide = house.slide(Dialect())
    assert (await house.ask(slide.url())).status == 200
    opened = house.app.slides.get(slide.key.hex.encode())
    assert opened is not None
    with slide.path.open("r+b") as stream:
        stream.seek(opened.levels[0].offsets[4])
        stream.write(b"<script>alert(1)</script>")
    answer = await house.ask(slide.url("0/1_1"))
    assert answer.status == 404 and b"<script>" not in answer.body


async def test_a_slide_indexed_anew_has_new_addresses(house: House) -> None:
    slide = house.slide(Dialect())
    old = slide.url()
    assert (await house.ask(old)).status == 200
    write_tiff(slide.path, halves(picture(600, 600, 5), 1), Dialect(quality=40))
    slide.replan()
    await asyncio.sleep(FRESH_S + 0.05)
    assert (await house.ask(old)).code == "slide-changed"
    assert (await house.ask(slide.url())).status == 200


async def test_many_slides_leave_few_descriptors_and_few_bytes(tmp_path: Path) -> None:
    house = House(tmp_path, slides=IndexedSlides(max_open=8))
    slides = [house.slide(Dialect(tile=64), levels=1, side=64) for _ in range(120)]
    for slide in slides:
        assert (await house.ask(slide.url())).status == 200
    before = len(os.listdir("/proc/self/fd"))
    for slide in slides * 2:
        assert (await house.ask(slide.url())).status == 200
    assert len(house.app.slides) == 8
    assert len(os.listdir("/proc/self/fd")) <= before + 2
    await house.app.close()
    assert len(os.listdir("/proc/self/fd")) <= before - 8


async def test_open_slides_are_bounded_by_bytes_too(tmp_path: Path) -> None:
    house = House(tmp_path, slides=IndexedSlides(max_open=100, max_bytes=20_000))
    slides = [house.slide(Dialect(tile=16), levels=1, side=240) for _ in range(12)]
    for slide in slides:
        assert (await house.ask(slide.url())).status == 200
    assert 0 < len(house.app.slides) < 12 and house.app.slides.nbytes <= 20_000
    await house.app.close()


# --- tiles that must be decoded ---------------------------------------------------------------------------------------


async def test_what_no_browser_shows_is_decoded_and_kept(house: House) -> None:
    slide = house.slide()
    first = await house.ask(slide.url("0/2_2"))
    assert first.status == 200 and Image.open(io.BytesIO(first.body)).size == (600 - 512, 600 - 512)
    files = list((house.folder / "kept").rglob("0-2-2.jpg"))
    assert [p.read_bytes() for p in files] == [first.body]
    files[0].write_bytes(b"\xff\xd8 from disk")
    assert (await house.ask(slide.url("0/2_2"))).body == b"\xff\xd8 from disk"
    assert (await house.ask(slide.url("0/9_0"))).code == "out-of-bounds"


async def test_the_same_tile_is_decoded_once_for_all_who_ask(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = []
    true = Decoders.decode

    async def count_request(self: Decoders, request: dict[str, Any]) -> bytes:
        requests.append(request)
        return await true(self, request)

    monkeypatch.setattr(Decoders, "decode", count_request)
    slide = house.slide()
    answers = await asyncio.gather(*(house.ask(slide.url("0/1_1")) for _ in range(12)))
    assert {a.status for a in answers} == {200} and len({a.body for a in answers}) == 1
    assert len(requests) == 1


async def test_a_full_queue_says_when_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hemaview.tiles.decoders.WAITING_PER_PROCESS", 2)
    house = House(tmp_path, decoders=Decoders(1))
    slide = house.slide(side=2000)
    answers = await asyncio.gather(*(house.ask(slide.url(f"0/{c}_{r}")) for c in range(6) for r in range(6)))
    busy = [a for a in answers if a.status == 503]
    assert busy and {a.status for a in answers} == {200, 503}
    assert busy[0].headers["retry-after"] == "1" and busy[0].code == "busy"
    await house.app.close()


async def test_work_for_a_client_that_left_is_dropped(tmp_path: Path) -> None:
    decoders = Decoders(1)
    house = House(tmp_path, decoders=decoders)
    slide = house.slide(side=2500)
    leaving = [house.ask(slide.url(f"0/{c}_{r}"), leave_after_s=0.02) for c in range(5) for r in range(4)]
    answers = await asyncio.gather(*leaving)
    assert any(not a.sent for a in answers)
    assert decoders.waiting == 0 and not house.app._flights
    await house.app.close()


async def test_a_decoder_that_dies_fails_one_tile_and_is_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hemaview.tiles.decoders as pool

    slide = house.slide()
    true = pool._ask

    async def dying(process: Any, line: bytes) -> bytes:
        if b'"column": 1, "row": 1' in line:
            process.kill()
        return await true(process, line)

    monkeypatch.setattr(pool, "_ask", dying)
    bad = await house.ask(slide.url("0/1_1"))
    assert (bad.status, bad.code) == (404, "unreadable")
    assert (await house.ask(slide.url("0/0_0"))).status == 200


async def test_a_decoder_that_cannot_be_started_fails_one_tile_and_keeps_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hemaview.tiles.decoders as pool

    slide = house.slide()

    async def no_memory() -> Any:
        raise OSError(12, "Cannot allocate memory")

    with monkeypatch.context() as short:
        short.setattr(pool, "_start", no_memory)
        bad = await asyncio.wait_for(house.ask(slide.url("0/1_1")), 10)
    assert (bad.status, bad.code) == (404, "unreadable")
    assert (await house.ask(slide.url("0/0_0"))).status == 200


def test_kept_tiles_stay_within_their_limit(tmp_path: Path) -> None:
    keep = KeptTiles(tmp_path, 10_000)
    for i in range(30):
        place = keep.place("s", "x", 0, i, 0)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x" * 1000)
        os.utime(place, (i, i))
    assert keep.sweep() <= 8000
    assert sorted(int(p.name.split("-")[1]) for p in tmp_path.rglob("*.jpg"))[0] == 22
