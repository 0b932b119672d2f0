"""The ways parameters arrive, and the sandbox as a program."""

import asyncio
import json
import signal
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.__main__ import main
from bot.sandbox.client import SandboxClient
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import Options, Sandbox
from tests.support_sandbox import bench

KEYBOARD = {"inline_keyboard": [[{"text": "Ya", "callback_data": "ya"}]]}


async def test_parameters_come_by_query_form_json_and_multipart() -> None:
    """All four are the same call; nested objects are JSON text where there is no other way."""
    async with bench() as at:
        url = at.address("SENDmessage")
        flat = {"chat_id": "@kabar", "text": "Judul", "reply_markup": json.dumps(KEYBOARD)}
        multipart = aiohttp.FormData(flat, default_to_multipart=True)
        ways = [
            at.session.get(url, params=flat),
            at.session.post(url, data=flat),
            at.session.post(url, data=multipart),
            at.session.post(url, json=flat | {"reply_markup": KEYBOARD}),
        ]
        for way in ways:
            async with way as answer:
                assert (await answer.json())["result"]["reply_markup"] == KEYBOARD
        assert at.texts() == ["Judul"] * 4


async def test_a_picture_can_be_uploaded() -> None:
    """As a file of the form, named directly or by attach://."""
    async with bench() as at:
        for photo in (None, "attach://berkas"):
            form = aiohttp.FormData({"chat_id": "@kabar", "caption": "Statistik"})
            form.add_field(
                "berkas" if photo else "photo", b"\x89PNG", filename="a.png", content_type="image/png"
            )
            if photo:
                form.add_field("photo", photo)
            async with at.session.post(at.address("sendPhoto"), data=form) as answer:
                assert (await answer.json())["result"]["caption"] == "Statistik"


async def test_a_picture_can_be_uploaded_in_whatever_pieces_it_comes() -> None:
    """The first ends a little behind what is read of a field at once (8 KiB), so that what follows is put back."""
    field = b'--x\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n'
    photo = (
        b'Content-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    body = field + b"@kabar\r\n--x\r\n" + photo + b"\x89PNG" * 8192 + b"\r\n--x--\r\n"
    first = len(field) + 8192 + 2
    async with bench() as at:
        path = at.address("sendPhoto").partition(f":{at.sandbox.port}")[2]
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", at.sandbox.port)
        writer.write(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode() + body[:first])
        await asyncio.sleep(0.2)
        writer.write(body[first:])
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

        assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_is_no_json_object_is_refused() -> None:
    """In the server's envelope, not as a page."""
    async with bench() as at:
        for body in (b"{", b"[]"):
            headers = {"Content-Type": "application/json"}
            async with at.session.post(at.address("getMe"), data=body, headers=headers) as answer:
                assert (await answer.json())["description"] == "Bad Request: can't parse JSON object"


async def test_a_token_may_be_escaped_in_the_path() -> None:
    """Some clients write the colon as %3A."""
    async with bench() as at:
        url = f"{at.sandbox.url}/bot{at.sandbox.token.replace(':', '%3A')}/getMe"
        async with at.session.get(url) as answer:
            assert (await answer.json())["ok"] is True


async def test_the_plain_parser_serves_as_well() -> None:
    """Without TDLib a post has the same text and entities."""
    async with bench(parser="plain") as at:
        sent = await at.ok("sendMessage", chat_id="@kabar", text="<b>Judul</b>", parse_mode="HTML")
        assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 5}]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "portal.example.id", "::"])
def test_it_listens_on_loopback_only(host: str) -> None:
    """Any other address is refused before anything is opened."""
    with pytest.raises(ValueError, match="loopback only"):
        Sandbox(Options(host=host))


async def test_as_a_program_it_says_where_it_is_and_ends_on_sigterm(tmp_path: Path) -> None:
    """One line of JSON; state and journal from files; the journal outlives the process."""
    state = tmp_path / "state.json"
    state.write_text(json.dumps({
        "users": [{"id": 42, "name": "Budi"}],
        "chats": [{"kind": "channel", "title": "Kabar", "username": "kabar"}],
        "faults": [{"kind": "drop_after", "method": "sendMessage", "nth": 2}],
        "photos": {"rusak": "failed to get HTTP URL content"},
    }))  # fmt: skip
    journal = tmp_path / "journal.jsonl"
    arguments = ("--token", "5:abc", "--state", str(state), "--journal", str(journal), "--no-limits")
    async with running_sandbox(*arguments) as running, aiohttp.ClientSession(trust_env=False) as session:
        send = {"chat_id": "@kabar", "text": "Judul"}
        async with session.post(f"{running.url}/bot5:abc/sendMessage", json=send) as answer:
            assert (await answer.json())["result"]["message_id"] == 2
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.post(f"{running.url}/bot5:abc/sendMessage", json=send)
        async with SandboxClient(running.control) as control:
            assert [each["text"] for each in await control.messages("@kabar")] == ["Judul", "Judul"]
        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0
    kinds = [json.loads(line)["kind"] for line in journal.read_text().splitlines()]
    assert kinds == ["world", "sent", "fault", "sent"]


async def test_sigint_ends_it_as_well() -> None:
    """As from a terminal."""
    async with running_sandbox() as running:
        running.process.send_signal(signal.SIGINT)
        assert await running.process.wait() == 0


@pytest.mark.parametrize(
    "arguments", [["--host", "0.0.0.0"], ["--state", "/nonexistent/state.json"], ["--token", "no-id"]]
)
def test_wrong_arguments_are_one_line_and_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for something that can be put right."""
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("sandbox: ")
