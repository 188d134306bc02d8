"""What `klimaflow.testing` promises to those who test a policy of their own."""

from pathlib import Path

import pytest

from klimaflow import NotPermitted, load_procedure
from klimaflow import commands as do
from klimaflow.errors import CaseError
from klimaflow.testing import given
from klimaflow.testing.stories import StoryFailed, check_story

pytest_plugins = ["pytester"]

IDEA = do.RegisterIdea(title="Skybrud på tværs", by="proposer:0751", at="2024-02-01 10:00")
LATE = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at="2024-04-15 09:01")
IN_TIME = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at="2024-04-15 09:00")
WITHDRAW = do.Withdraw(reason="Nye planer", by="proposer:0751", at="2024-02-02 10:00")
STORY = Path(__file__).parent / "stories" / "late.story.toml"


class TestGivenWhenThen:
    def test_a_permitted_command_passes_with_its_remarks(self) -> None:
        when = given("klimaalliancen-2024", IDEA).when(IN_TIME)
        assert when.then_permitted(remarks=["enough-authorities"]) is when

    def test_a_remark_that_was_not_expected_fails(self) -> None:
        with pytest.raises(AssertionError, match="expected remarks"):
            given("klimaalliancen-2024", IDEA).when(IN_TIME).then_permitted()

    def test_a_refusal_passes_with_exactly_its_rules(self) -> None:
        given("klimaalliancen-2024", IDEA).when(LATE).then_refused_by(
            "before-qualification-deadline"
        ).then_phase("idea")

    def test_a_refusal_by_other_rules_fails_and_shows_the_whole_decision(self) -> None:
        with pytest.raises(AssertionError) as failure:
            given("klimaalliancen-2024", IDEA).when(LATE).then_refused_by("authorised")
        for rule in ("in-order", "authorised", "known-round", "before-qualification-deadline"):
            assert rule in str(failure.value)

    def test_a_refused_command_is_not_permitted(self) -> None:
        with pytest.raises(AssertionError, match="1 minute late"):
            given("klimaalliancen-2024", IDEA).when(LATE).then_permitted()

    def test_the_phase_is_the_one_after_the_command(self) -> None:
        when = given("klimaalliancen-2024", IDEA).when(WITHDRAW)
        when.then_phase("withdrawn")
        with pytest.raises(AssertionError, match="expected phase idea, not withdrawn"):
            when.then_phase("idea")

    def test_a_given_that_is_refused_says_why(self) -> None:
        with pytest.raises(NotPermitted, match="before-qualification-deadline"):
            given("klimaalliancen-2024", IDEA, LATE)

    def test_it_goes_on_from_a_history_a_procedure_or_what_came_of_a_command(self) -> None:
        procedure = load_procedure("klimaalliancen-2024")
        now = given(procedure).when(IDEA).then()
        given(now.history).when(WITHDRAW).then_phase("withdrawn")

    def test_what_the_funds_have_promised_to_others_is_asked_with_the_command(self) -> None:
        when = given("klimaalliancen-2024").when(IDEA, committed={"realdania": 5})
        assert when.decision.permitted


def story(folder: Path, *replacements: tuple[str, str]) -> Path:
    text = STORY.read_text("utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = folder / "altered.story.toml"
    file.write_text(text, "utf-8")
    return file


RULES = 'refused_by = ["before-qualification-deadline"]'


class TestStories:
    def test_a_story_that_goes_as_it_says_passes(self) -> None:
        check_story(STORY)

    @pytest.mark.parametrize(
        ("new", "wrong"),
        [
            ('refused_by = ["authorised"]', "expected refused by authorised"),
            ("refused_by = []", "expected permitted"),
            ("permitted = true", "expected permitted"),
            ("", "expected permitted"),
            ('permitted = false\nrefused_by = ["known-round"]', "expected refused by known-round"),
            ("permitted = false\nrefused_by = []", "expected refused by nothing"),
        ],
    )
    def test_a_step_that_is_decided_otherwise_fails(
        self, tmp_path: Path, new: str, wrong: str
    ) -> None:
        with pytest.raises(StoryFailed) as failure:
            check_story(story(tmp_path, (RULES, new)))
        assert f"step[2]: {wrong}" in str(failure.value)
        assert "1 minute late" in str(failure.value)

    def test_a_step_that_was_to_be_refused_and_is_not_fails(self, tmp_path: Path) -> None:
        with pytest.raises(StoryFailed, match=r"step\[3\]: expected refused"):
            check_story(story(tmp_path, ("permitted = true", "permitted = false")))

    def test_any_rule_may_refuse_where_none_is_named(self, tmp_path: Path) -> None:
        check_story(story(tmp_path, (RULES, "permitted = false")))

    def test_a_step_cannot_be_permitted_and_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match=r"step\[2\].permitted"):
            check_story(story(tmp_path, (RULES, "permitted = true\n" + RULES)))

    def test_a_rule_that_does_not_exist_is_a_mistake_of_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match="did you mean before-qualification-deadline"):
            check_story(story(tmp_path, (RULES, 'refused_by = ["before-qualification-dedline"]')))


class TestPlugin:
    def test_pytest_collects_stories_by_their_name(self, pytester: pytest.Pytester) -> None:
        (pytester.path / "a.story.toml").write_text(STORY.read_text("utf-8"), "utf-8")
        (pytester.path / "a.toml").write_text("no story", "utf-8")
        pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)

    def test_a_failing_story_shows_the_decision_and_no_traceback(
        self, pytester: pytest.Pytester
    ) -> None:
        story(pytester.path, (RULES, "permitted = true"))
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*step?2?: expected permitted", "*1 minute late*"])
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*def check_story*")

    def test_a_story_that_cannot_be_read_lists_its_mistakes(
        self, pytester: pytest.Pytester
    ) -> None:
        (pytester.path / "b.story.toml").write_text("case = 1", "utf-8")
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*case: expected a text, not a number", "*step: is missing"])

    def test_another_error_is_shown_as_pytest_shows_it(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_path: Path) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("klimaflow.testing.plugin.check_story", broken)
        (pytester.path / "c.story.toml").write_text("", "utf-8")
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
        result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_a_promise_of_a_fund_that_is_none_is_an_error_and_never_ignored() -> None:
    with pytest.raises(CaseError, match=r"committed\.realdnia: is no fund"):
        given("klimaalliancen-2024").when(IDEA, committed={"realdania": 5, "realdnia": 5})


def test_a_misspelt_command_is_told_its_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"did you mean register-idea\?"):
        check_story(story(tmp_path, ('do = "register-idea"', 'do = "register-ide"')))


@pytest.mark.parametrize("promised", [-1, 1.5, True, "0", None])
def test_a_promise_that_is_no_amount_of_kroner_is_an_error(promised: object) -> None:
    history = given("klimaalliancen-2024").history
    with pytest.raises(CaseError, match=r"committed\.realdania: expected a"):
        history.decide(IDEA, committed={"realdania": promised})  # type: ignore[dict-item]


def test_promises_that_are_no_table_are_an_error() -> None:
    history = given("klimaalliancen-2024").history
    with pytest.raises(CaseError, match=r"^committed: expected a table of kroner"):
        history.decide(IDEA, committed="junk")  # type: ignore[arg-type]
