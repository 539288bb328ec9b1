"""Lines of the log: one each, in Elastic's schema, and never with a secret."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foliohub import audit, logs
from foliohub.config import Settings
from foliohub.logs import NAME, AppendOnly, Formatter, bind, bound, configure, forward

SECRET = 's3cr3t"\\/ü\n0'
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("foliohub"), audit.LOGGER]
    before = [(list(one.handlers), one.level, one.propagate) for one in loggers]
    for one in loggers:  # what tests of the command line have started in this process
        one.handlers = [handler for handler in one.handlers if handler.get_name() != NAME]
    yield
    for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Formatter("test", (SECRET, KEY), {"trace.id": "a" * 32}))
    logger = logging.getLogger("foliohub.something")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    return logger, written


def _lines(written: io.StringIO | str) -> list[dict[str, Any]]:
    text = written if isinstance(written, str) else written.getvalue()
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_has_the_fields_of_the_schema(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    with bind(run="daily-ingest.2022-12-28.1", job="daily-ingest", user="rita"):
        logger.warning("two\nlines with %s", "ümlaut")
    logger.info("after it")
    first, second = _lines(written)
    assert first["message"] == "two\nlines with ümlaut"
    assert first["log"]["level"] == "warning"
    assert first["ecs.version"]
    assert first["@timestamp"].endswith("Z")
    assert first["log"]["logger"] == "foliohub.something"
    assert first["service"]["name"] == "foliohub-test"
    assert first["event"]["dataset"] == "foliohub.test"
    assert first["trace"]["id"] == second["trace"]["id"] == "a" * 32
    assert first["user"]["name"] == "rita"
    assert first["foliohub"] == {"run": {"id": "daily-ingest.2022-12-28.1"}, "job": "daily-ingest"}
    assert "foliohub" not in second


def test_what_is_bound_inside_goes_before_what_is_bound_outside() -> None:
    with bind(trace="1" * 32, user="rita"):
        with bind(trace="2" * 32, user=None):
            assert (bound("trace"), bound("user")) == ("2" * 32, "rita")
        assert bound("trace") == "1" * 32
    assert bound("trace") == ""


@pytest.mark.parametrize("secret", [SECRET, KEY])
def test_secrets_never_reach_a_line(log: tuple[logging.Logger, io.StringIO], secret: str) -> None:
    logger, written = log
    logger.info("plain %s", secret)
    logger.info("fields", extra={"url": secret, "nested": {"deep": [secret, {secret: 1}]}, "odd": Path(secret)})
    try:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise RuntimeError(f"on top of {secret}") from error
    except RuntimeError:
        logger.exception("it broke")
    logger.info("stack", stack_info=True)
    logger.info({"message as an object": secret})
    text = written.getvalue()
    assert len(_lines(text)) == 5
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in text
    broken = _lines(text)[2]["error"]
    assert broken["type"] == "RuntimeError"
    assert "***" in broken["message"]
    assert "test_logs.py" in broken["stack_trace"]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: token {0}",
        "authorization=Bearer {0}",
        "GET /hub/login?token={0}&next=/",
        "s3://host:bucket?access={0}&secret={0}",
        "smtp://anna:{0}@mail.example:587",
        "{{'password': '{0}'}}",
        'JUPYTERHUB_API_TOKEN="{0}"',
        "ALPHAVANTAGE_API_KEY={0}",
    ],
)
def test_secrets_of_others_are_known_by_where_they_stand(log: tuple[logging.Logger, io.StringIO], text: str) -> None:
    logger, written = log
    logger.info(text.format("9f8e7d6c5b4a"), extra={"labels": {"as": text.format("9f8e7d6c5b4a")}})
    assert "9f8e7d6c5b4a" not in written.getvalue()


@pytest.mark.parametrize("text", ["a-" * 50_000, "token " * 20_000, "://a:" * 20_000, "x" * 200_000])
def test_long_lines_take_no_time(log: tuple[logging.Logger, io.StringIO], text: str) -> None:
    logger, written = log
    began = time.process_time()
    logger.info(text)
    assert time.process_time() - began < 1
    assert len(written.getvalue()) > 50_000


def test_what_has_no_form_in_json_is_told_as_text(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.info("odd", extra={"values": {"nan": float("nan"), "object": object(), "set": {1}}})
    assert _lines(written)[0]["values"]["nan"] == "nan"


def test_in_a_container_all_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=tmp_path, log="stdout", trace="b" * 32, run_id="daily-score.2022-12-28.1")
    configure(settings, "job")
    configure(settings, "job")  # twice is once
    logging.getLogger("foliohub.runs").info("hello")
    audit.record("proposal-approved", user="max", proposal="sample.1")
    told, audited = _lines(capsys.readouterr().out)
    assert told["trace"]["id"] == "b" * 32
    assert told["foliohub"]["run"]["id"] == "daily-score.2022-12-28.1"
    assert audited["event"]["dataset"] == "foliohub.audit"
    assert audited["event"]["action"] == "proposal-approved"
    assert audited["event"]["outcome"] == "success"
    assert audited["user"]["name"] == "max"
    assert audited["foliohub"]["audit"] == {"proposal": "sample.1"}
    assert list(tmp_path.iterdir()) == []


def test_on_a_laptop_logs_and_audit_have_files_of_their_own(tmp_path: Path) -> None:
    configure(Settings(home=tmp_path), "cli")
    logging.getLogger("foliohub.runs").info("hello")
    audit.record("log-in", user="rita", outcome="failure", address="10.0.0.7")
    assert [line["message"] for line in _lines((tmp_path / "logs" / "foliohub.jsonl").read_text())] == ["hello"]
    (line,) = _lines((tmp_path / "logs" / "audit.jsonl").read_text())
    assert (line["event"]["outcome"], line["source"]["ip"]) == ("failure", "10.0.0.7")
    assert line["event"]["category"] == ["authentication"]
    assert (tmp_path / "logs" / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_costs_the_log_alone(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    configure(Settings(home=tmp_path), "cli")
    logging.getLogger("foliohub.runs").info("hello")
    assert NAME in [handler.get_name() for handler in logging.getLogger("foliohub").handlers]


def _write(path: Path, who: int) -> None:
    logger = logging.getLogger("foliohub.somebody")
    logger.handlers, logger.propagate = [AppendOnly(path)], False
    logger.setLevel(logging.INFO)
    for number in range(50):
        logger.info("%d %d %s", who, number, "x" * 3000)


def test_processes_add_to_the_audit_log_without_mixing_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("0 0 before\n")
    children = [multiprocessing.get_context("fork").Process(target=_write, args=(path, who)) for who in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    lines = path.read_text().splitlines()
    assert lines[0] == "0 0 before"
    assert len(lines) == 151
    assert all(len(line.split()) == 3 for line in lines)


def test_only_whole_lines_of_ours_are_passed_on() -> None:
    out = io.StringIO()
    ours = Formatter("job").format(logging.makeLogRecord({"msg": "hello", "levelname": "INFO"})) + "\n"
    for line in (ours, "cell 1 of 3\n", ours[:-2], '{"message": "forged"}\n'):
        forward(line, out)
    assert out.getvalue() == ours


def test_the_module_says_what_it_offers() -> None:
    assert {name for name in logs.__all__ if not hasattr(logs, name)} == set()
