"""The shipped examples: visibly invented, and what they are there to show."""

from pathlib import Path

from klimaflow import Phase
from klimaflow.case import load_case
from klimaflow.report import Course

EXAMPLES = Path(__file__).parent.parent / "examples"


class TestDemo:
    COURSE = load_case(EXAMPLES / "skybrud-paa-tvaers.toml")

    def test_it_meets_every_phase_of_the_course(self) -> None:
        met = {history.proposal.phase for _, _, history in self.COURSE.follow()}
        others = [load_case(EXAMPLES / f"{name}.toml") for name in ("afslag", "trukket")]
        assert met == set(Phase) - {Phase.REJECTED, Phase.WITHDRAWN}
        ends = {Course.of(other).proposal.phase for other in others}
        assert ends == {Phase.REJECTED, Phase.WITHDRAWN}

    def test_what_happens_in_it(self) -> None:
        answers = [(d.command.do, d.permitted, d) for _, d, _ in self.COURSE.follow()]
        done = [do for do, permitted, _ in answers if permitted]
        assert {"return", "defer", "refuse-consent", "amend-grant", "meet-condition"} <= set(done)
        assert done.index("refuse-consent") < done.index("amend-grant")
        late, unsupported, unpaid = (
            decision for _, permitted, decision in answers if not permitted
        )
        assert "before-qualification-deadline" in late.refused_by
        assert "autumn 2024" in str(late)
        assert unsupported.refused_by == ("enough-authorities",)
        assert "every-party-consents" in unpaid.refused_by
        assert Course.of(self.COURSE).proposal.round == "2024-autumn"
        assert self.COURSE.committed

    def test_every_example_says_that_it_is_invented(self) -> None:
        for path in EXAMPLES.glob("*.toml"):
            assert path.read_text("utf-8").startswith("# An invented case")
