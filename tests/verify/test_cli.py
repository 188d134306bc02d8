"""`klimaflow verify` and `klimaflow diff` as processes, on a policy that takes them a second."""

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from attrs import frozen

from klimaflow import History
from klimaflow.case import load_case
from klimaflow.cli import commands
from klimaflow.moments import moment
from klimaflow.proposal import Phase
from tests.conftest import POLICY

Table = dict[str, Any]
Change = Callable[[Table], object]

BARE = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
NEITHER = "is neither a file nor a shipped procedure (klimaalliancen-2024)"
GRACE = 60 * 24 * 60
NEVER = {"id": "four", "because": "A test.", "never": {"do": "start", "authorities_below": 4}}
POSSIBLE = {"id": "starts", "because": "A test.", "possible": {"leads_to": "started"}}
STRANGER = {"id": "x", "because": "A test.", "never": {"round": "2025-spring"}}


def text(change: Change = lambda _table: None, rounds: int = 1) -> str:
    """Return the text of the shipped policy with few rounds, one criterion, and then changed."""
    table = tomllib.loads(POLICY)
    del table["rounds"][:-rounds], table["criteria"][1:], table["requirements"]
    change(table)
    return tomlkit.dumps(table)


def faulty(table: Table) -> None:
    """A grace that outlasts the meeting, and a requirement that the file does not keep."""
    table["readings"]["grace_minutes"]["value"] = GRACE
    table["requirements"] = [NEVER, POSSIBLE]


def four(table: Table) -> None:
    table["participants"]["minimum"] = 4


def quoted(table: Table) -> None:
    table["participants"]["source"]["quote"] = "minimum tre kommuner/regioner"


@frozen
class Done:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def process(*args: str, folder: Path) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "klimaflow.cli", *args],
        cwd=folder,
        env=BARE,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    it = tmp_path_factory.mktemp("policies")
    written = {"good": text(rounds=2), "faulty": text(faulty), "small": text()}
    written |= {"four": text(four), "quoted": text(quoted)}
    for name, policy in written.items():
        (it / f"{name}.toml").write_text(policy, "utf-8")
    return it


@pytest.fixture(scope="module")
def broken(folder: Path) -> Done:
    """The faulty policy verified, and its cases written to the folder `found`."""
    args = ("verify", "faulty.toml", "--funders", "1", "--cases", "found", "--json")
    return process(*args, folder=folder)


@pytest.fixture(scope="module")
def properties(broken: Done) -> dict[str, Table]:
    return {each["property"]: each for each in broken.json["properties"]}


@pytest.fixture(scope="module")
def found(broken: Done, folder: Path) -> Path:
    assert broken.status == 1
    return folder / "found"


def history(path: Path) -> tuple[History, list[bool]]:
    """Take a case through its procedure; return where it ends, and what was permitted."""
    case = load_case(path)
    it, permitted = History(case.procedure), []
    for step in case.steps:
        decision = it.decide(step.command, committed=case.committed)
        permitted.append(decision.permitted)
        it = it.record(decision) if decision.permitted else it
    return it, permitted


def reached(it: History, at: str) -> set[Phase | None]:
    """Return the phases to which the likeliest commands lead, all given at one moment."""
    actors = (it.events[0].by, "secretariat:kl", "dgo:fyn", "committee:kl", "funder:realdania")
    todo, phases = [it], {it.proposal.phase}
    for history in todo:  # which grows
        for option in (each for by in actors for each in history.possible(at=moment(at), by=by)):
            if option.permitted:
                after = history.record(option.decision)
                if after.proposal.phase not in phases:
                    phases.add(after.proposal.phase)
                    todo.append(after)
    return phases


class TestVerify:
    def test_what_holds_ends_with_0(self, folder: Path) -> None:
        done = process("verify", "good.toml", "--funders", "1", folder=folder)
        assert (done.status, done.err) == (0, "")
        assert "✗" not in done.out
        assert "17 of 17 properties hold. Explored with realdania as funders: " in done.out

    def test_what_does_not_hold_ends_with_1(self, broken: Done) -> None:
        assert (broken.status, broken.err) == (1, "")
        assert broken.json["holds"] is False

    def test_the_keys(self, broken: Done) -> None:
        assert list(broken.json) == [
            *("procedure", "sha256", "holds", "funders", "states", "transitions", "answers"),
            *("seconds", "properties"),
        ]
        for each in broken.json["properties"]:
            assert list(each) == [
                *("property", "holds", "statement", "finding", "names", "notes", "from_then"),
                *("source", "case"),
            ]

    def test_what_is_broken_says_how(self, properties: dict[str, Table]) -> None:
        lost = [each for each in properties.values() if not each["holds"]]
        assert {"no-vain-submission", "requirement:four"} <= {each["property"] for each in lost}
        assert all(each["finding"] for each in lost)

    def test_each_case_is_written_and_no_draft_is_left(
        self, properties: dict[str, Table], found: Path
    ) -> None:
        cases = [name for name, each in properties.items() if each["case"]]
        names = {f"{name.replace(':', '-')}.case.toml" for name in cases}
        assert {path.name for path in found.iterdir()} == names | {"faulty.toml"}
        assert not [path for path in found.parent.iterdir() if path.name.startswith(".")]

    def test_each_case_is_the_one_that_was_told_and_begins_with_the_property(
        self, properties: dict[str, Table], found: Path
    ) -> None:
        for name, told in properties.items():
            if told["case"]:
                written = (found / f"{name.replace(':', '-')}.case.toml").read_text("utf-8")
                first, *_ = written.splitlines()
                assert first == f"# {told['statement']}"
                assert written.endswith(told["case"])

    def test_each_case_runs_and_all_its_steps_are_permitted(self, found: Path) -> None:
        cases = sorted(found.glob("*.case.toml"))
        assert cases
        for path in cases:
            done = process("follow", path.name, "--json", folder=found)
            steps = done.json["steps"]
            assert (done.status, done.err) == (0, ""), path.name
            assert all(each["permitted"] for each in steps), path.name

    def test_a_requirement_is_broken_by_its_last_step(self, found: Path) -> None:
        it, _ = history(found / "requirement-four.case.toml")
        assert it.proposal.phase is Phase.STARTED
        assert len(it.proposal.participants) < 4

    def test_what_is_possible_is_shown_by_its_last_step(self, found: Path) -> None:
        it, _ = history(found / "requirement-starts.case.toml")
        assert it.proposal.phase is Phase.STARTED

    def test_what_is_submitted_in_vain_comes_after_the_meeting(self, found: Path) -> None:
        it, _ = history(found / "no-vain-submission.case.toml")
        assert it.proposal.phase is Phase.QUALIFICATION
        assert it.proposal.round is not None
        assert it.events[-1].at >= it.procedure.gates[it.proposal.round].meeting.ends_at

    def test_from_then_on_it_is_not_possible(
        self, properties: dict[str, Table], found: Path
    ) -> None:
        told = properties["not-only-withdrawal"]
        it, _ = history(found / "not-only-withdrawal.case.toml")
        assert reached(it, told["from_then"]).isdisjoint({Phase.STARTED, Phase.REJECTED})

    def test_in_danish(self, folder: Path) -> None:
        done = process("verify", "faulty.toml", "--funders", "1", "--lang", "da", folder=folder)
        assert done.status == 1
        assert "✗ no-vain-submission: Intet kan indsendes, som aldrig kan afgøres." in done.out
        assert "Efter filens eget krav »four« sker dette aldrig." in " ".join(done.out.split())
        assert "egenskaber holder. Undersøgt med realdania som bidragende parter" in done.out
        assert "property" not in done.out.lower()

    def test_the_only_funder_is_enough(self, tmp_path: Path) -> None:
        def alone(table: Table) -> None:
            del table["funders"][1:], table["funds"][1:]

        (tmp_path / "alone.toml").write_text(text(alone), "utf-8")
        done = process("verify", "alone.toml", "--json", folder=tmp_path)
        assert done.err == ""
        assert done.json["funders"] == ["realdania"]

    def test_on_a_terminal_it_says_how_far_it_is_and_wipes_it_away(self, folder: Path) -> None:
        ours, theirs = pty.openpty()
        script = [sys.executable, "-m", "klimaflow.cli", "verify", "small.toml", "--funders", "1"]
        done = subprocess.run(
            script, cwd=folder, env=BARE, stdout=subprocess.DEVNULL, stderr=theirs, check=False
        )
        os.close(theirs)
        written = os.read(ours, 10_000).decode("utf-8")
        os.close(ours)
        assert done.returncode in (0, 1)
        assert re.match(r"\r[\d,]+ of [\d,]+ states explored\r", written)
        assert written.endswith("\r\x1b[K")


class TestVerifyRefuses:
    @pytest.mark.parametrize(
        ("args", "problem"),
        [
            (["nowhere.toml"], f"nowhere.toml: {NEITHER}"),
            (["."], ".: is not a file, but a folder"),
            (["small.toml", "--funders", "7"], "small.toml: --funders 7: the procedure has 6"),
            (["small.toml", "--cases", "taken"], "taken: is there already: choose another name"),
            (["small.toml", "--cases", "file"], "file: is there already: choose another name"),
            (
                ["small.toml", "--cases", "no/where"],
                "no/where: cannot be made: there is no such folder to make it in",
            ),
            (
                ["small.toml", "--cases", "file/in"],
                "file/in: cannot be made: there is no such folder to make it in",
            ),
            (["poor.toml"], "poor.toml: has no funders, and so nothing that could be granted"),
            (
                ["stranger.toml"],
                "stranger.toml: requirements[0].never.round: '2025-spring' is not among the rounds",
            ),
        ],
    )
    def test_with_one_line_at_once(self, tmp_path: Path, args: list[str], problem: str) -> None:
        (tmp_path / "small.toml").write_text(text(), "utf-8")
        stranger = text(lambda table: table.update(requirements=[STRANGER]))
        (tmp_path / "stranger.toml").write_text(stranger, "utf-8")
        poor = text(lambda table: table.update(funders=[], funds=[]))
        (tmp_path / "poor.toml").write_text(poor, "utf-8")
        (tmp_path / "taken").mkdir()
        (tmp_path / "file").touch()
        before = sorted(tmp_path.rglob("*"))
        done = process("verify", *args, folder=tmp_path)
        assert (done.status, done.out) == (2, "")
        assert done.err == f"{problem}\n"
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize("count", ["0", "-1", "51", "two"])
    def test_a_number_that_is_none(self, folder: Path, count: str) -> None:
        done = process("verify", "small.toml", "--funders", count, folder=folder)
        assert (done.status, done.out) == (2, "")
        assert "Traceback" not in done.err

    def test_a_folder_that_cannot_be_written_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "small.toml").write_text(text(faulty), "utf-8")
        monkeypatch.chdir(tmp_path)

        def full(_path: Path, _content: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        status = commands.run(["verify", "small.toml", "--funders", "1", "--cases", "found"])
        shown = capsys.readouterr()
        assert (status, shown.out) == (2, "")
        assert shown.err == "found: cannot be made: No space left on device\n"
        assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]

    @pytest.mark.parametrize("args", [["verify"], ["diff", "small.toml", "four.toml"]])
    def test_without_the_extra_at_once(self, folder: Path, args: list[str]) -> None:
        script = "import sys; sys.modules['tomlkit'] = None; import klimaflow.cli as c; c.main()"
        done = subprocess.run(
            [sys.executable, "-c", script, *args],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        expected = "klimaflow: the command needs tomlkit: pip install 'klimaflow[verify]'\n"
        assert done.stderr == expected


CASE = """\
case = "three take part"
procedure = "small.toml"

[[step]]
do = "register-idea"
at = "2024-08-01 10:00"
by = "proposer:0751"
title = "Skybrud på tværs"

[[step]]
do = "enlist-participants"
at = "2024-08-01 11:00"
by = "proposer:0751"
participants = ["0751", "0461", "0630"]

[[step]]
do = "submit-for-qualification"
at = "2024-10-01 10:00"
by = "proposer:0751"
round = "2024-autumn"
"""


@pytest.fixture(scope="module")
def tightened(folder: Path) -> Done:
    (folder / "three.toml").write_text(CASE, "utf-8")
    args = ("diff", "small.toml", "four.toml", "three.toml", "--funders", "1", "--json")
    return process(*args, folder=folder)


class TestDiff:
    def test_what_decides_otherwise_ends_with_1(self, tightened: Done) -> None:
        assert (tightened.status, tightened.err) == (1, "")
        assert tightened.json["decides_otherwise"] is True

    def test_the_keys(self, tightened: Done) -> None:
        found = tightened.json
        assert list(found) == [
            *("old", "new", "decides_otherwise", "states", "answers", "changes"),
            *("alone_nothing", "verdicts", "cases"),
        ]
        assert list(found["old"]) == ["id", "sha256"]
        assert [list(each) for each in found["changes"]] == [["path", "old", "new", "rests_on"]]
        for each in found["verdicts"]:
            assert list(each) == [
                *("do", "effect", "answers", "under", "old", "new", "because", "case")
            ]
            assert list(each["old"]) == ["permitted", "refused_by", "remarks"]
        (case,) = found["cases"]
        assert list(case) == ["case", "steps", "changed"]
        assert list(case["changed"][0]) == ["step", "do", "old", "new", "because"]

    def test_each_verdict_has_its_command_effect_and_reason(self, tightened: Done) -> None:
        told = [(each["do"], each["effect"]) for each in tightened.json["verdicts"]]
        assert told == [("submit-for-approval", "tightened"), ("start", "tightened")]
        for each in tightened.json["verdicts"]:
            assert each["new"]["refused_by"] == ["enough-authorities"]

    def test_each_case_ends_with_the_verdict_that_changes(
        self, tightened: Done, folder: Path
    ) -> None:
        for number, each in enumerate(tightened.json["verdicts"]):
            path = folder / f"turned-{number}.toml"
            path.write_text(each["case"], "utf-8")
            old, new = folder / path.name, folder / f"turned-{number}-new.toml"
            new.write_text(each["case"].replace("small.toml", "four.toml"), "utf-8")
            assert all(history(old)[1])
            assert history(new)[1][-1] is False

    def test_a_remark_that_is_new_counts_in_a_case(self, tightened: Done) -> None:
        (case,) = tightened.json["cases"]
        (step,) = case["changed"]
        assert (case["case"], case["steps"], step["step"]) == ("three take part", 3, 2)
        assert (step["old"]["remarks"], step["new"]["remarks"]) == ([], ["enough-authorities"])

    def test_the_page(self, folder: Path, tightened: Done) -> None:
        assert tightened.status == 1
        args = ("diff", "small.toml", "four.toml", "three.toml", "--funders", "1")
        done = process(*args, "--lang", "da", folder=folder)
        words = " ".join(done.out.split())
        assert (done.status, done.err) == (1, "")
        assert "participants minimum: 3 → 4 »skal et klimaudviklingsspor" in words
        assert "Igangsæt sporet: afvist fra nu af" in words
        assert "three take part: 1 af 3 trin afgøres anderledes. Trin 3," in words
        assert "Før: tilladt. Nu: tilladt, med bemærkninger." in words
        assert "Slags afgørelser, der ændres: 2, af " in words

    def test_the_cases_in_a_folder(self, folder: Path) -> None:
        args = ("diff", "small.toml", "four.toml", "--funders", "1", "--cases", "changed")
        assert process(*args, folder=folder).status == 1
        names = sorted(each.name for each in (folder / "changed").iterdir())
        cases = [
            "01-submit-for-approval-tightened.case.toml",
            "02-start-tightened.case.toml",
        ]
        assert names == [*cases, "new.toml", "old.toml"]
        assert (folder / "changed" / "old.toml").read_bytes() == (
            folder / "small.toml"
        ).read_bytes()
        for name in cases:
            assert process("follow", f"changed/{name}", folder=folder).status == 0
        again = process(*args, folder=folder)
        taken = "changed: is there already: choose another name\n"
        assert (again.status, again.out, again.err) == (2, "", taken)

    def test_two_that_are_alike(self, folder: Path) -> None:
        done = process("diff", "small.toml", "small.toml", "--funders", "1", folder=folder)
        assert (done.status, done.err) == (0, "")
        assert "The two procedures lay down the same." in done.out
        assert "No verdict changes: of " in done.out

    def test_other_words_decide_nothing_and_are_told(self, folder: Path) -> None:
        done = process("diff", "small.toml", "quoted.toml", "--funders", "1", folder=folder)
        assert (done.status, done.err) == (0, "")
        words = " ".join(done.out.split())
        assert "participants source: skal et klimaudviklingsspor" in words
        assert "→ minimum tre kommuner/regioner Taken over alone" in words
        assert "Taken over alone, these change no answer: participants." in words


class TestDiffRefuses:
    @pytest.mark.parametrize(
        ("args", "problem"),
        [
            (["small.toml", "nowhere.toml"], f"nowhere.toml: {NEITHER}"),
            (["small.toml", "four.toml", "no.toml"], "no.toml: is not a file: there is none"),
            (
                ["small.toml", "four.toml", "--funders", "9"],
                "small.toml: --funders 9: the procedure has 6",
            ),
        ],
    )
    def test_with_one_line_at_once(self, folder: Path, args: list[str], problem: str) -> None:
        done = process("diff", *args, folder=folder)
        assert (done.status, done.out) == (2, "")
        assert done.err == f"{problem}\n"
