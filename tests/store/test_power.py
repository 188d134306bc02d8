"""Power cuts in short; the campaign at length rebuilds some ten thousand images of each mode."""

import random
from pathlib import Path

import pytest

from klimaflow import Procedure
from tests.reliability.disks import ALL, NOTHING, Disk, Step, Write, after, drawn
from tests.reliability.power import power_cuts

B_X = b"\0\0x"


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_power_cut_loses_nothing_and_spoils_nothing(
    journal: str, tmp_path: Path, procedure: Procedure
) -> None:
    counts = power_cuts(tmp_path, procedure, journal, events=2, draws=0)
    assert counts["images"] > 60


@pytest.mark.parametrize(
    ("journal", "synchronous"),
    [
        ("delete", "FULL"),  # the end of the journal is not waited for
        ("delete", "NORMAL"),
        ("delete", "OFF"),
        ("wal", "NORMAL"),
    ],
)
def test_whoever_waits_less_for_the_disk_loses_something(
    journal: str, synchronous: str, tmp_path: Path, procedure: Procedure
) -> None:
    weak = {"events": 2, "draws": 2, "synchronous": synchronous}
    with pytest.raises(AssertionError, match=r"^(lost|corrupt): "):
        power_cuts(tmp_path, procedure, journal, **weak)  # type: ignore[arg-type]  # a table


class TestTheDisk:
    """What the images rest on."""

    def test_a_write_is_there_for_certain_when_it_was_synced(self) -> None:
        disk = Disk.of({"a": b"old"})
        disk.do(Step("write", "a", Write(0, b"new!")))
        assert [disk.image(each) for each in (NOTHING, ALL)] == [{"a": b"old"}, {"a": b"new!"}]
        disk.do(Step("sync", "a"))
        assert disk.image(NOTHING) == {"a": b"new!"}

    def test_a_name_is_there_for_certain_when_the_folder_was_synced(self) -> None:
        disk = Disk.of({"a": b""})
        for step in (Step("create", "b"), Step("write", "b", Write(2, b"x")), Step("sync", "b")):
            disk.do(step)
        assert [disk.image(each) for each in (NOTHING, ALL)] == [{"a": b""}, {"a": b"", "b": B_X}]
        disk.do(Step("sync"))
        disk.do(Step("unlink", "b"))
        assert [disk.image(each) for each in (NOTHING, ALL)] == [{"a": b"", "b": B_X}, {"a": b""}]

    def test_a_write_may_be_torn_anywhere_and_between_sectors(self) -> None:
        disk, draw = Disk.of({"a": bytes(2048)}), random.Random(1)
        disk.do(Step("write", "a", Write(0, b"x" * 2048)))
        left = {disk.image(drawn(draw))["a"].count(b"x") for _ in range(300)}
        assert {0, 512, 1024, 1536, 2048} < left
        assert any(number % 512 for number in left)

    def test_a_file_may_be_cut(self) -> None:
        assert after(b"12345", [Write(2, cuts=True), Write(3, b"x")]) == b"12\0x"
