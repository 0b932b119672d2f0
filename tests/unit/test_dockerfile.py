"""The container as its files describe it: no build here, so what matters is read from them."""

from __future__ import annotations

import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from bot.settings.model import known_names
from bot.settings.values import address

ROOT = Path(__file__).parents[2]
Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile: lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [
        (word.upper(), rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


ALL = instructions((ROOT / "Dockerfile").read_text())
LAST_FROM = max(place for place, (word, _) in enumerate(ALL) if word == "FROM")
BUILD, FINAL = ALL[:LAST_FROM], ALL[LAST_FROM:]
COMPOSE = (ROOT / "compose.yaml").read_text()


def of(part: list[Instruction], word: str) -> list[str]:
    """What stands behind every instruction of this kind."""
    return [rest for name, rest in part if name == word]


def environment() -> dict[str, str]:
    """The variables of the final stage."""
    return dict(pair.split("=", 1) for rest in of(FINAL, "ENV") for pair in shlex.split(rest))


def test_the_parser_of_this_test_reads_what_it_should() -> None:
    """Continued lines, comments, blank lines."""
    assert instructions("# no\nFROM a\n\nRUN b \\\n # no\n && c\nUSER 1\n") == [
        ("FROM", "a"),
        ("RUN", "b   && c"),
        ("USER", "1"),
    ]


def test_two_stages_of_one_slim_base_pinned_by_version() -> None:
    """What installs is not what runs, and both are the same Python, named to its minor version and system."""
    bases = [rest.split()[0] for rest in of(ALL, "FROM")]

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+(\.\d+)?-slim-[a-z]+", bases[0])


def test_the_python_of_its_paths_is_the_bases() -> None:
    """A path with another version in it would be an empty folder."""
    (version,) = {match[1] for rest in of(ALL, "FROM") if (match := re.match(r"python:(3\.\d+)", rest))}
    named = set(re.findall(r"python(3\.\d+)", (ROOT / "Dockerfile").read_text()))

    assert named == {version}


def test_it_installs_the_lock_with_its_hashes_and_nothing_else() -> None:
    """Not the development requirements, and no library of the demo's."""
    installs = [rest for rest in of(ALL, "RUN") if "pip" in rest]
    lock = (ROOT / "requirements.lock").read_text()

    assert len(installs) == 1
    assert "--require-hashes -r /build/requirements.lock" in installs[0]
    assert "--without-pip" in installs[0]
    assert "requirements.lock /build/" in of(BUILD, "COPY")
    assert not re.search(r"^(tdjson|pytest|mypy|ruff)==", lock, re.MULTILINE)
    assert "requirements-dev" not in str(ALL)


def test_the_lock_names_no_place_to_load_from() -> None:
    """An index belongs to the machine."""
    assert "://" not in (ROOT / "requirements.lock").read_text()
    assert "index-url" not in (ROOT / "Dockerfile").read_text()


def test_what_is_copied_is_there_and_let_through() -> None:
    """The allow-list of .dockerignore and the Dockerfile agree."""
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    sources = {rest.split()[0] for rest in of(ALL, "COPY") if not rest.startswith("--from")}

    assert sources == let_through
    assert all((ROOT / source).exists() for source in sources)
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()


def test_it_runs_as_a_user_without_a_name_on_the_host() -> None:
    """By number, so that a cluster can see that it is not root; and after everything root had to do."""
    assert of(FINAL, "USER") == ["10001:10001"]
    assert "RUN" not in [word for word, _ in FINAL[FINAL.index(("USER", "10001:10001")) :]]


def test_the_data_belongs_to_that_user() -> None:
    """A volume takes owner and mode from the folder that it covers."""
    assert of(FINAL, "VOLUME") == ["/data"]
    assert any("install -d -o 10001 -g 10001 -m 750 /data" in rest for rest in of(FINAL, "RUN"))
    assert environment()["DATABASE_PATH"] == "/data/kabarbot.db"


def test_the_health_check_is_the_small_one() -> None:
    """`python -m bot health`, which imports the standard library alone, without a shell."""
    (check,) = of(FINAL, "HEALTHCHECK")

    assert json.loads(check.partition("CMD ")[2]) == ["python", "-m", "bot", "health"]


def test_it_runs_the_bot_without_a_shell() -> None:
    """So that SIGTERM reaches it."""
    assert json.loads(of(FINAL, "ENTRYPOINT")[0]) == ["python", "-m", "bot"]
    assert json.loads(of(FINAL, "CMD")[0]) == ["run"]


def test_its_variables_are_settings_and_no_secret() -> None:
    """A slip in a name would do nothing, in silence."""
    ours = {name for name in environment() if not name.startswith("PYTHON") and name != "PATH"}

    assert ours == {"DATABASE_PATH", "HTTP_ADDRESS"}
    assert ours <= set(known_names())
    assert str(address(environment()["HTTP_ADDRESS"])) == "0.0.0.0:8080"
    assert not re.search(r"(?i)token|secret|password", str([rest for _, rest in ALL]))


def test_what_is_compiled_ahead_exists() -> None:
    """The root file system may be read-only: a name that is gone would be a slow start for ever."""
    (compiling,) = [rest for rest in of(FINAL, "RUN") if "import " in rest]
    names = re.findall(r"bot(?:\.\w+)+", compiling)
    without_docstrings = next(part for part in compiling.split("&&") if "-OO" in part)

    assert len(names) > 4
    assert {"bot.assembly", "bot.sources.child"} <= set(re.findall(r"bot(?:\.\w+)+", without_docstrings))
    for name in names:
        import_module(name)


def test_the_kept_locales_are_those_that_posts_speak(tmp_path: Path) -> None:
    """Babel's other locales are left out, and these are enough."""
    (pruning,) = [rest for rest in of(BUILD, "RUN") if "locale-data" in rest]

    assert set(re.findall(r"! -name (\w+)\.dat", pruning)) == {"root", "id", "en"}


@pytest.mark.parametrize(
    "line",
    [
        'ports:\n      - "127.0.0.1:8080:8080"\n',
        "read_only: true\n",
        "cap_drop:\n      - ALL\n",
        "security_opt:\n      - no-new-privileges:true\n",
        "mem_limit: 192m\n",
        "max-size: 10m\n",
        'max-file: "3"\n',
        "- data:/data\n",
        "env_file: .env\n",
        "DATABASE_PATH: /data/kabarbot.db\n",
        "HTTP_ADDRESS: 0.0.0.0:8080\n",
        "restart: unless-stopped\n",
    ],
)
def test_compose_says(line: str) -> None:
    """Published on loopback only, 192 MB, logs that rotate, no rights, a read-only root."""
    assert f"  {line}" in COMPOSE


def test_compose_publishes_one_port_alone() -> None:
    """Nothing of the bot is to be seen from another machine."""
    assert re.findall(r"\d+:\d+\"", COMPOSE) == ['8080:8080"']
    assert "network_mode" not in COMPOSE
    assert "privileged: " not in COMPOSE
