from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor
from market.deps import Deps
from market.files.attachments import attach, get_file_for, list_files, store_blob
from market.files.models import FileAccess, StoredFile, Tier
from market.files.uploads import MAX_SIZE, check_content, clean_name
from market.kit.database import connection
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import FileGuard, Subject
from market.records.by import By
from tests.another_room import another_room
from tests.factories import NOW, make_member
from tests.kit.xls import Table, container, xls
from tests.visitor import sign_in


def opened_by(kind: str, guard: FileGuard) -> Room:
    """A room that keeps records of this kind."""
    return Room("toy", subjects={kind: Subject(lazy("玩具"), files=guard)})


def archive(*members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for member in members:
            packed.writestr(member, "x")
    return made.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 20
PDF = b"%PDF-1.7\n"
PRESENTATION = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("合同.pdf", PDF, "application/pdf"),
        ("图.PNG", PNG, "image/png"),
        ("图.jpeg", JPG, "image/jpeg"),
        ("稿.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("表.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("证.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("包.zip", archive("a.txt"), "application/zip"),
        ("说明.txt", "技术说明".encode(), "text/plain"),
        ("老.txt", "技术说明".encode("gb18030"), "text/plain"),
        ("表.csv", b"a,b\r\n1,2\r\n", "text/csv"),
        ("旧.csv", b"a,b\r\n1,2\r\n\x1a", "text/csv"),
        ("统一码.txt", "技术说明".encode("utf-16"), "text/plain"),
        ("旧.xls", xls(Table([["a"]])), "application/vnd.ms-excel"),
        ("表.et", xls(Table([["a"]])), "application/vnd.ms-excel"),
        ("稿.doc", container(b"Wd", "WordDocument"), "application/msword"),
        ("稿.wps", container(b"Wd", "WordDocument"), "application/vnd.ms-works"),
        ("新.wps", DOCX, "application/vnd.ms-works"),
        ("讲.ppt", container(b"Pp", "PowerPoint Document"), "application/vnd.ms-powerpoint"),
        ("讲.pptx", archive("ppt/presentation.xml"), PRESENTATION),
        ("照.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        ("包.rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 20, "application/vnd.rar"),
        ("包.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 20, "application/x-7z-compressed"),
    ],
)
def test_what_we_take_is_told_by_its_content(name: str, content: bytes, media_type: str) -> None:
    assert check_content(name, content).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"", "空的"),
        ("a.pdf", b"<html><script>", "内容与扩展名不符"),
        ("a.pdf", PNG, "内容与扩展名不符"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "内容与扩展名不符"),
        ("a.txt", b"<!DOCTYPE html><script>alert(1)</script>", "内容与扩展名不符"),
        ("a.csv", b"\xef\xbb\xbf  <svg onload=alert(1)>", "内容与扩展名不符"),
        ("a.txt", b"abc\x00def", "内容与扩展名不符"),
        ("a.txt", b"abc\x00defg", "内容与扩展名不符"),
        ("a.txt", "<svg onload=alert(1)>".encode("utf-16"), "内容与扩展名不符"),
        ("a.xls", container(b"Wd", "WordDocument"), "内容与扩展名不符"),
        ("a.doc", xls(Table([["a"]])), "内容与扩展名不符"),
        ("a.doc", container(b"Wd", "WordDocument") + "_VBA_PROJECT".encode("utf-16-le"), "内容与扩展名不符"),
        ("a.rar", archive("a.txt"), "内容与扩展名不符"),
        ("a.xls", xls(Table([["a"]])) + "_VBA_PROJECT".encode("utf-16-le"), "内容与扩展名不符"),
        ("a.xlsx", xls(Table([["a"]])), "内容与扩展名不符"),
        ("a.docx", archive("xl/workbook.xml"), "内容与扩展名不符"),
        ("a.docx", archive("word/document.xml", "word/vbaProject.bin"), "内容与扩展名不符"),
        ("a.zip", b"PK\x03\x04broken", "内容与扩展名不符"),
        ("a.txt", b"\xff\xff\xff", "内容与扩展名不符"),
        ("a.html", b"<html>", "只接收"),
        ("a.svg", b"<svg/>", "只接收"),
        ("a.exe", b"MZ" + b"\0" * 80, "只接收"),
        ("a.pdf.exe", PDF, "只接收"),
        ("noextension", PDF, "只接收"),
        ("a.pdf", PDF + b"\0" * MAX_SIZE, "最大"),
    ],
)
def test_what_we_do_not_take_is_refused_at_its_field(name: str, content: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message) as refused:
        check_content(name, content)

    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("合同.pdf", "合同.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\合同.pdf", "合同.pdf"),
        ("a\r\nb\x00.pdf", "ab.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
        ("..", "file"),
        ("x" * 500 + ".pdf", "x" * 110 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


async def put(
    deps: Deps,
    actor: Actor,
    content: bytes = PDF,
    name: str = "合同.pdf",
    kind: str = "test-open",
    **fields: Any,
) -> StoredFile:
    defaults: dict[str, Any] = {
        "subject_kind": kind,
        "subject_id": uuid4(),
        "kind": "contract",
        "tier": Tier.PARTIES,
    }
    blob = await store_blob(check_content(name, content), deps.store)
    return await attach(blob, **(defaults | fields), by=By(actor, NOW))


async def test_a_file_of_the_same_name_is_the_next_version(deps: Deps) -> None:
    actor, subject = await make_member(), uuid4()

    first = await put(deps, actor, subject_id=subject)
    second = await put(deps, actor, content=PDF + b"2", subject_id=subject)
    other = await put(deps, actor, name="别的.pdf", subject_id=subject)

    assert (first.version, second.version, other.version) == (1, 2, 1)
    assert {file.id for file in await list_files("test-open", subject)} == {first.id, second.id, other.id}


async def test_the_same_content_lies_in_the_store_once(deps: Deps) -> None:
    kept = [await store_blob(check_content(name, PDF), deps.store) for name in ("a.pdf", "b.pdf")]

    assert kept[0].sha256 == kept[1].sha256
    assert await deps.store.get(kept[0].sha256) == PDF


async def test_a_file_is_downloaded_never_shown_and_its_opening_is_noted(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    async def everybody(actor: Actor | None, file: StoredFile) -> bool:
        return True

    actor = await make_member()
    file = await put(deps, actor, "说明".encode(), "说 明.txt")
    await sign_in(client, actor)

    with another_room(opened_by("test-open", everybody)):
        got = await client.get(f"/files/{file.id}")

    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%AF%B4%20%E6%98%8E.txt"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in got.headers["content-security-policy"]
    opened = await FileAccess.get()
    assert (opened.file_id, opened.user_id, opened.opened_at) == (file.id, actor.user_id, NOW)


async def test_the_room_that_owns_the_record_decides_who_opens_its_files(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    owner, stranger = await make_member(), await make_member()

    async def the_owner(actor: Actor | None, file: StoredFile) -> bool:
        return actor is not None and actor.user_id == owner.user_id

    file = await put(deps, owner, kind="test-owned")

    with another_room(opened_by("test-owned", the_owner)):
        for actor, status in ((owner, 200), (stranger, 404), (None, 404)):
            await sign_in(client, actor)
            assert (await client.get(f"/files/{file.id}")).status_code == status
    assert await FileAccess.all().count() == 1


async def test_files_nobody_answers_for_stay_shut(deps: Deps) -> None:
    actor = await make_member()
    file = await put(deps, actor, kind="test-unknown")

    with pytest.raises(NotFound):
        await get_file_for(actor, file.id)


@pytest.mark.owner
async def test_a_content_that_is_lost_is_told(client: httpx.AsyncClient, deps: Deps) -> None:
    async def everybody(actor: Actor | None, file: StoredFile) -> bool:
        return True

    file = await put(deps, await make_member())
    await connection().execute_query("ALTER TABLE files DISABLE TRIGGER files_keep_columns")
    await StoredFile.filter(id=file.id).update(sha256="0" * 64)

    with another_room(opened_by("test-open", everybody)):
        page = await client.get(f"/files/{file.id}")

    assert page.status_code == 404
    assert "取不到" in page.text
