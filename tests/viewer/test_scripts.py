"""Text of any script stands in the viewer as it is, each turn in its own direction."""

from __future__ import annotations

from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from dramaturg.store import RunFolder
from tests.viewer.stage import ANN, ARGUMENTS, BEN, app_of, opened, put, talk

ARABIC = "مرحبا، كيف حالك؟ اليوم الجو جميل جداً."
KOREAN = "안녕하세요! 오늘 비가 오네요."


async def test_arabic_runs_from_right_to_left_and_korean_from_left_to_right(tmp_path: Path) -> None:
    made = talk(ARABIC, KOREAN, split="train", people=(ANN, BEN))
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        put(folder, ANN, BEN, made)
        folder.finish()
    with opened(tmp_path / "run", cache=tmp_path / "cache") as sources:
        client = TestClient(TestServer(app_of(*sources)))
        await client.start_server()
        try:
            page = await (await client.get(f"/1/conversations/{made.id}")).text()
        finally:
            await client.close()
    for text in (ARABIC, KOREAN):
        assert f'<bdi dir="auto">{text}</bdi>' in page, "the browser chooses by the first letter"
    assert "<html" in page
    assert 'dir="rtl"' not in page, "the page itself stays as it is"
