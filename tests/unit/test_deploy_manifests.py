"""Compose, Kubernetes, systemd and the tables' example: they parse, agree with the image, and give no more than is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.settings import parse
from bot.settings.model import Settings
from tests.support_deploy import DEPLOY, ROOT, documents

TOKEN = {"TELEGRAM_TOKEN": "123456:AAbbCCdd-_"}
UNIT = (DEPLOY / "kabarbot.service").read_text("utf-8")
COMPOSE: dict[str, Any] = documents(ROOT / "compose.yaml")[0]["services"]["kabarbot"]
MANIFESTS: dict[str, dict[str, Any]] = {
    one["kind"]: one for one in documents(DEPLOY / "kubernetes" / "kabarbot.yaml")
}
(SECRET,) = documents(DEPLOY / "kubernetes" / "secret.example.yaml")
POD: dict[str, Any] = MANIFESTS["Deployment"]["spec"]["template"]["spec"]
CONTAINER: dict[str, Any] = POD["containers"][0]
ANALYZE = shutil.which("systemd-analyze") or ""
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def unit(name: str) -> list[str]:
    """The values of a directive of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


# ── Compose ──


def test_compose_sets_every_limit() -> None:
    """Memory with room for the health check, a core, processes, log files; a stop has time to finish a send."""
    assert COMPOSE["mem_limit"] == "192m"
    assert 0.1 < COMPOSE["cpus"] <= 1
    assert COMPOSE["pids_limit"] == 128
    assert COMPOSE["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert COMPOSE["stop_grace_period"] == "15s"


def test_compose_gives_no_rights() -> None:
    """The root is read-only, and what may be written is the volume and a small /tmp."""
    assert COMPOSE["read_only"] is True
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert COMPOSE["volumes"] == ["data:/data"]
    assert all(place.startswith("/tmp:size=") for place in COMPOSE["tmpfs"])
    assert "privileged" not in COMPOSE


# ── Kubernetes ──


def test_one_replica_that_is_gone_before_the_next_starts() -> None:
    """Two on one database would be one too many, and two on one token fight for updates."""
    spec = MANIFESTS["Deployment"]["spec"]

    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    assert MANIFESTS["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert POD["terminationGracePeriodSeconds"] >= 15


def test_the_pod_has_no_rights() -> None:
    """No root, no capability, no way to get one, nothing of the cluster's."""
    (user,) = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    pod, container = POD["securityContext"], CONTAINER["securityContext"]

    assert (str(pod["runAsUser"]), str(pod["runAsGroup"])) == user
    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & POD.keys()


def test_the_probes_ask_what_the_bot_answers() -> None:
    """Live is not ready: a portal that is down is no reason to restart."""
    paths = {kind: CONTAINER[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    port = {"port": "http"}

    assert paths["startup"] == paths["liveness"] == {"path": "/health/live", **port}
    assert paths["readiness"] == {"path": "/health/ready", **port}
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": 8080}]
    assert "HTTP_ADDRESS=0.0.0.0:8080" in DOCKERFILE


def test_limits_leave_room() -> None:
    """It needs less than 100 MB and a tenth of a core; the limits are those of compose."""
    assert CONTAINER["resources"] == {
        "requests": {"cpu": "100m", "memory": "100Mi"},
        "limits": {"cpu": "1", "memory": "192Mi"},
    }


def test_every_mount_has_its_volume() -> None:
    """The database in the claim, settings from the map, the token as a file where the bot looks for it."""
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    mounts = {mount["name"]: mount for mount in CONTAINER["volumeMounts"]}

    assert volumes.keys() == mounts.keys()
    assert volumes["data"]["persistentVolumeClaim"] == {
        "claimName": MANIFESTS["PersistentVolumeClaim"]["metadata"]["name"]
    }
    assert volumes["config"]["configMap"] == {"name": MANIFESTS["ConfigMap"]["metadata"]["name"]}
    assert volumes["secrets"]["secret"] == {"secretName": SECRET["metadata"]["name"], "defaultMode": 0o440}
    assert mounts["data"]["mountPath"] == "/data"
    assert mounts["secrets"]["mountPath"] == "/run/secrets"
    assert CONTAINER["env"] == [
        {"name": "CONFIG_FILE", "value": f"{mounts['config']['mountPath']}/kabarbot.toml"}
    ]


def test_the_labels_meet() -> None:
    """Service and Deployment choose the pod that there is."""
    labels = MANIFESTS["Deployment"]["spec"]["template"]["metadata"]["labels"]

    assert MANIFESTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["Service"]["spec"]["selector"] == labels
    assert MANIFESTS["Service"]["spec"]["ports"][0]["targetPort"] == CONTAINER["ports"][0]["name"]


def test_the_settings_of_the_map_are_good() -> None:
    """With a token they are enough to start; and the token is not among them, nor in the example of the secret."""
    found = parse({**TOKEN, **tomllib.loads(MANIFESTS["ConfigMap"]["data"]["kabarbot.toml"])})

    assert found.log_format == "json"
    assert SECRET["stringData"] == {"TELEGRAM_TOKEN": ""}
    assert "TELEGRAM_TOKEN" not in (DEPLOY / "kubernetes" / "kabarbot.yaml").read_text("utf-8")


# ── systemd ──


@pytest.mark.skipif(not ANALYZE, reason="there is no systemd-analyze here")
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    """`systemd-analyze verify` says nothing, and its own measure of exposure is low."""
    path = tmp_path / "kabarbot.service"
    path.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT), encoding="utf-8")

    for arguments in (["verify", str(path)], ["security", "--offline=true", "--threshold=20", str(path)]):
        done = subprocess.run(
            [ANALYZE, "--no-pager", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert arguments[0] != "verify" or not done.stderr


def test_the_unit_runs_the_bot_and_stops_it_well() -> None:
    """Started again after all but wrong settings; SIGTERM to the bot alone, and time to finish a send."""
    assert unit("ExecStart") == ["/opt/kabarbot/deploy/kabarbot.sh run"]
    assert unit("Restart") == ["always"]
    assert unit("RestartPreventExitStatus") == ["2"]
    assert unit("KillMode") == ["mixed"]
    assert unit("TimeoutStopSec") == ["15"]
    assert unit("MemoryMax") == ["192M"]


def test_the_unit_has_no_rights() -> None:
    """A user of its own, no capability, nothing to write but its folder."""
    for line in ("User=kabarbot", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"):
        assert re.search(rf"^{line}$", UNIT, re.MULTILINE)
    assert unit("ReadWritePaths") == []
    assert unit("EnvironmentFile") + unit("Environment") == []


def test_the_script_runs_a_verb_with_the_settings_of_its_folder(tmp_path: Path) -> None:
    """As the unit and an operator call it: `.env` of the folder, the database outside of it, the exit code as it is."""
    (tmp_path / "opt" / "deploy").mkdir(parents=True)
    (tmp_path / "opt" / ".venv").symlink_to(sys.prefix)
    (tmp_path / "opt" / "bot").symlink_to(ROOT / "bot")
    script = shutil.copy(DEPLOY / "kabarbot.sh", tmp_path / "opt" / "deploy")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / ".env").write_text("TELEGRAM_TOKEN=rahasia\nFEED_URL=nothing\nCHANNELS=@kabar\n")
    database = str(tmp_path / "kabarbot.db")
    environment = {
        "PATH": "/usr/bin:/bin",
        "KABARBOT_SETTINGS": str(tmp_path / "etc"),
        "DATABASE_PATH": database,
    }

    done = subprocess.run(
        [script, "check"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    shown = done.stdout + done.stderr
    assert {"TELEGRAM_TOKEN", "FEED_URL"} <= set(re.findall(r"[A-Z]+_[A-Z]+", shown))
    assert "rahasia" not in shown


def test_the_script_puts_the_database_where_the_unit_may_write() -> None:
    """The folder that systemd makes, and no other."""
    script = (DEPLOY / "kabarbot.sh").read_text("utf-8")

    assert f":-/var/lib/{unit('StateDirectory')[0]}/kabarbot.db}}" in script
    assert (DEPLOY / "kabarbot.sh").stat().st_mode & 0o111


# ── The tables' example ──


def test_the_tables_are_understood() -> None:
    """`deploy/kabarbot.toml`, word for word."""
    text = (DEPLOY / "kabarbot.toml").read_text("utf-8")
    found = parse({**TOKEN, **tomllib.loads(text)})

    assert [feed.name for feed in found.feeds] == ["nasional", "dunia", "daerah"]
    assert [channel.chat for channel in found.channels] == [
        "@example_news",
        "@example_dunia",
        "-1002222222222",
    ]
    assert found.channels[2].template


def test_the_tables_show_every_key() -> None:
    """What a table can say, and no key that it cannot."""
    content = tomllib.loads((DEPLOY / "kabarbot.toml").read_text("utf-8"))
    for table, field in (("feeds", "feed_tables"), ("channels", "channel_tables")):
        (model, _) = Settings.model_fields[field].annotation.__args__  # type: ignore[union-attr]
        assert {key for row in content[table] for key in row} == set(model.model_fields)


def test_the_tables_hold_no_secret() -> None:
    """They are mounted, mailed and shown."""
    content = tomllib.loads((DEPLOY / "kabarbot.toml").read_text("utf-8"))

    assert not any("TOKEN" in key or "SECRET" in key for key in content)
