"""What a notebook shows of each public value: all of it, as text, and in pictures."""

import base64
import re
import sys
from collections.abc import Collection
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import attrs
import pytest

from klimaflow import History, Phase, Procedure, load_procedure, phrases
from klimaflow import commands as do
from klimaflow.case import load_case
from klimaflow.errors import NotDrawn
from klimaflow.markup.elements import element, fragment
from klimaflow.markup.pictures import bar, margin_bar
from klimaflow.markup.sheet import Sheet
from klimaflow.markup.style import INLINE
from klimaflow.moments import moment
from klimaflow.planning import plan
from klimaflow.planning.table import plan_html
from klimaflow.report import Course, Lifecycle
from klimaflow.seen.decision import decision_html
from klimaflow.seen.procedure import procedure_html
from klimaflow.seen.proposal import proposal_html, stepper
from klimaflow.seen.timeline import history_html
from tests.conftest import command, in_phase
from tests.test_public import MODULES
from tests.test_tables import Seen

NOT_FOR_READERS = {
    "klimaflow.report.page": "the lines of a terminal",
    "klimaflow.testing": "builders of a test",
    "klimaflow.verify.money": "a state of an exploration",
    "klimaflow.verify.offers": "a state of an exploration",
    "klimaflow.verify.space": "a state of an exploration",
    "klimaflow.verify.timeline": "a state of an exploration",
    "klimaflow.verify.variants": "a state of an exploration",
    "klimaflow.planning.mends": "a step of a search",
    "klimaflow.frames.drawing": "a term over columns",
    "klimaflow.frames.steps": "a term over columns",
    "klimaflow.frames.terms": "a term over columns",
    "klimaflow.scenarios.driving": "a step on the way to a course",
    "klimaflow.scenarios.inputs": "a stream of draws",
    "klimaflow.store.erasing": "a row of a table",
    "klimaflow.store.jobs": "a link to a queue",
    "klimaflow.store.registration": "a row of a table",
    "klimaflow.store.writing": "a request under way",
}
DEMO = "examples/skybrud-paa-tvaers.toml"
PICTURE = re.compile(r'src="data:image/svg\+xml;base64,([^"]+)"')


def pictures(html: str) -> list[ElementTree.Element]:
    """Return the pictures in HTML, read by an XML parser."""
    return [ElementTree.fromstring(base64.b64decode(each)) for each in PICTURE.findall(html)]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.of(load_case(DEMO))


@pytest.mark.parametrize("name", [each for each in MODULES if each not in NOT_FOR_READERS])
def test_every_public_value_shows_itself(name: str) -> None:
    module = import_module(name)
    for public in module.__all__:
        value = getattr(module, public)
        if attrs.has(value) and value.__module__ == name:
            assert hasattr(value, "_repr_html_"), public


class TestADecision:
    def test_a_checklist_says_met_or_not_in_words_beside_the_mark(self, course: Course) -> None:
        decision = course.steps[8].decision
        seen = Seen(decision._repr_html_())
        assert seen.texts.count("✗ Deadline for qualification") == 1
        assert seen.texts.count("before-qualification-deadline") == 1
        assert "not met, binding" in seen.texts
        assert "met, binding" in seen.texts
        assert "not met, advisory" in seen.texts

    def test_it_has_a_danish_side(self, course: Course) -> None:
        decision = course.steps[8].decision
        seen = Seen(decision_html(decision, "da"))
        assert seen.texts[0].endswith("ikke tilladt")
        assert "✗ Frist for kvalificering" in seen.texts
        for finding in decision.findings:
            assert finding.because_da in seen.texts

    def test_only_what_is_held_against_a_deadline_is_drawn(self, course: Course) -> None:
        decision = course.steps[8].decision
        drawn = [each.rule for each in decision.findings if each.of_deadline]
        assert drawn == ["before-qualification-deadline"]
        assert len(pictures(decision._repr_html_())) == 1

    def test_a_finding_alone_is_a_row(self, course: Course) -> None:
        finding = course.steps[8].decision.findings[0]
        assert Seen(finding._repr_html_()).tags.count("tr") == 2

    def test_an_option_is_shown_as_its_decision(self) -> None:
        history = in_phase(Phase.IDEA, load_procedure("klimaalliancen-2024"))
        for option in history.possible("2024-03-01 10:00", "proposer:0751"):
            assert option._repr_html_() == option.decision._repr_html_()


class TestMargins:
    @pytest.mark.parametrize("late", [timedelta(microseconds=-1), timedelta(days=-400)])
    def test_what_is_late_lies_right_of_the_line(self, late: timedelta) -> None:
        kept, broken = (self.drawn(each) for each in (-late, late))
        line = self.line(late)
        assert broken[0] == line
        assert kept[0] + kept[1] == pytest.approx(max(line, kept[0] + 1.5), abs=0.1)

    def test_a_margin_of_nothing_is_on_the_line(self) -> None:
        assert self.drawn(timedelta(0)) == (self.line(timedelta(0)), 1.5)

    def test_a_longer_margin_is_never_drawn_shorter(self) -> None:
        spans = [timedelta(minutes=each) for each in (1, 12, 60, 1440, 10_080, 43_200, 525_600)]
        widths = [self.drawn(each)[1] for each in spans]
        assert widths == sorted(set(widths))
        assert self.drawn(timedelta(days=4000))[1] == widths[-1]

    def drawn(self, margin: timedelta) -> tuple[float, float]:
        """Return where the bar begins, and how wide it is."""
        (picture,) = pictures(fragment(margin_bar(margin)))
        box = picture.findall("{*}rect")[-1]
        return float(box.get("x", "")), float(box.get("width", ""))

    def line(self, margin: timedelta) -> float:
        (picture,) = pictures(fragment(margin_bar(margin)))
        return float(picture.findall("{*}line")[-1].get("x1", ""))

    def test_shares_never_stand_out_of_their_whole(self) -> None:
        for parts in ([(3.0, "mark"), (9.0, "rest")], [(0.0, "mark")]):
            (picture,) = pictures(fragment(bar(parts, 10 if parts[0][0] else 0)))
            whole, *shares = picture.findall("{*}rect")[1:]
            ends = [float(s.get("x", "")) + float(s.get("width", "")) for s in shares]
            assert max(ends) <= float(whole.get("width", "")) + 0.5


class TestAHistory:
    def test_it_has_steps_deadlines_and_meetings_in_the_order_of_time(self, course: Course) -> None:
        text = "\n".join(Seen(course.history._repr_html_()).texts)
        places = [
            text.index(each)
            for each in (
                "Return to sparring",
                "Monday 15 April 2024 at 09:00: Qualification closes, spring 2024",
                "Thursday 25 April 2024 at 09:00: Approval process closes, spring 2024",
                "Thursday 30 May 2024: The committee meets, spring 2024",
                "Defer",
                "Thursday 21 November 2024: The committee meets, autumn 2024",
                "Approve",
                "Start the track",
            )
        ]
        assert places == sorted(places)

    def test_a_refused_step_is_told_with_its_reasons(self, course: Course) -> None:
        text = " ".join(Seen(course._repr_html_()).texts)
        refused = [step.decision for step in course.steps if not step.decision.permitted]
        assert len(refused) == 3
        for decision in refused:
            for finding in decision.findings:
                assert finding.holds or finding.because in text

    def test_the_course_is_drawn_with_its_phases_in_the_alternative_text(
        self, course: Course
    ) -> None:
        html = course.history._repr_html_()
        (alt,) = re.findall(r'alt="(The course[^"]+)"', html)
        assert alt.index("Idea (") < alt.index("Sparring (") < alt.index("Started (")

    def test_the_events_and_the_rounds_are_in_the_picture(self, course: Course) -> None:
        drawing = pictures(course.history._repr_html_())[0]
        assert len(drawing.findall("{*}circle")) == len(course.history.events)
        texts = [each.text for each in drawing.findall("{*}text")]
        assert "The committee meets, autumn 2024" in texts

    def test_no_label_of_the_picture_lies_on_another(self, course: Course) -> None:
        drawing = pictures(course.history._repr_html_())[0]
        labels = [each for each in drawing.findall("{*}text") if each.get("class") == "ink"]
        boxes = []
        for each in labels:
            wide = len(each.text or "") * 12 * 0.58
            x = float(each.get("x", "")) - (wide if each.get("text-anchor") == "end" else 0)
            boxes.append((float(each.get("y", "")), x, x + wide))
        for n, (y, start, end) in enumerate(boxes):
            assert not any(y == v and start < b and a < end for v, a, b in boxes[n + 1 :])

    def test_nothing_yet_is_shown_with_the_dates_to_come(self, procedure: Procedure) -> None:
        text = " ".join(Seen(History(procedure)._repr_html_()).texts)
        assert "The committee meets, autumn 2024" in text

    def test_one_step_is_a_course(self, procedure: Procedure) -> None:
        first = do.RegisterIdea(title="x", by="proposer:0751", at="2030-02-01 10:00")
        assert "Register the idea" in History(procedure).then(first)._repr_html_()

    def test_it_has_a_danish_side(self, course: Course) -> None:
        html = history_html("x", course.procedure, course.shown(), "da")
        assert "Indsend til faglig kvalificering: foråret 2024" in Seen(html).texts


class TestAProcedure:
    def test_a_calendar_has_each_deadline_as_a_square_and_each_meeting_as_a_circle(
        self, procedure: Procedure
    ) -> None:
        (drawing,) = pictures(procedure._repr_html_())
        marked = drawing.findall("{*}rect[@class='mark']"), drawing.findall("{*}circle")
        assert [len(each) for each in marked] == [4 + 1, 2 + 1]  # and one each in the legend
        assert "April 2024" in [each.text for each in drawing.findall("{*}text")]

    def test_each_date_has_its_words(self, procedure: Procedure) -> None:
        seen = Seen(procedure_html(procedure, "da"))
        assert "torsdag den 25. april 2024 kl. 9.00" in seen.texts
        assert any("Møde i Forretningsudvalget for Klimaalliancen" in each for each in seen.texts)

    def test_without_rounds_there_is_no_calendar(self, procedure: Procedure) -> None:
        bare = attrs.evolve(procedure, rounds=())
        assert pictures(bare._repr_html_()) == []


class TestAProposal:
    @pytest.mark.parametrize("phase", Phase)
    @pytest.mark.parametrize("lang", phrases.LANGUAGES)
    def test_it_says_in_which_phase_it_is(
        self, phase: Phase, lang: str, procedure: Procedure
    ) -> None:
        shown = stepper(phase, lang)
        (here,) = [each for each in shown if each.get("aria-current") == "step"]
        assert phrases.label("phases", phase, lang) in "".join(here.itertext())
        html = proposal_html(in_phase(phase, procedure).proposal, lang)
        assert phrases.label("phases", phase, lang) in Seen(html).texts

    def test_only_a_phase_that_it_has_been_in_is_ticked(self) -> None:
        def shown(been: Collection[str] | None) -> list[str]:
            return [str(each.get("class")) for each in stepper(Phase.WITHDRAWN, "en", been)]

        skipped = ["step skipped"] * 4
        known = ["step behind", "step skipped", "step behind", *skipped[1:], "step here"]
        assert shown({Phase.IDEA, Phase.QUALIFICATION}) == known
        assert shown({Phase.IDEA}) == ["step behind", "step skipped", *skipped, "step here"]
        assert shown(None) == ["step earlier"] * 6 + ["step here"]

    def test_an_empty_one_has_no_step_behind_it(self, procedure: Procedure) -> None:
        assert [each.get("class") for each in stepper(None, "en")] == ["step ahead"] * 7
        assert "none yet" in History(procedure).proposal._repr_html_()

    def test_all_that_is_known_of_it_is_there(self, course: Course) -> None:
        text = " ".join(Seen(course.proposal._repr_html_()).texts)
        for said in (
            "Tre kommuner i samme opland styrer regnvandet sammen.",
            "Opdigtet Vand A/S (company)",
            "Skybrud følger oplandet og ikke kommunegrænsen.",
            "DKK 250,000",
            "DKK 300,000, consent given",
            "“Testen følges af alle tre kommuner”, met: “Alle tre kommuner sidder i",
        ):
            assert said in text


class TestAPlan:
    def test_each_step_has_who_and_by_when_and_its_margin(self, course: Course) -> None:
        ahead = plan(course.history.as_of("2024-03-20 09:00"), "2024-03-20 09:00")
        seen = Seen(plan_html(ahead, "da"))
        assert "senest torsdag den 25. april 2024 kl. 9.00" in seen.texts
        timed = [step for step in ahead.steps if step.last is not None]
        assert len(pictures(ahead._repr_html_())) == len(timed)

    def test_a_late_step_says_so(self, course: Course) -> None:
        late = plan(course.history.as_of("2024-03-20 09:00"), "2025-03-20 09:00")
        assert "too late" in late._repr_html_()
        assert late.steps[0]._repr_html_() == late.steps[0].decision._repr_html_()


class TestTheLifecycle:
    def test_graphviz_draws_every_phase_once(self) -> None:
        root = ElementTree.fromstring(Lifecycle(lang="da").svg())
        texts = [each.text for each in root.findall(".//{*}text")]
        for phase in Phase:
            assert texts.count(phrases.label("phases", phase, "da")) == 1

    def test_the_way_of_a_history_is_drawn_and_told(self, course: Course) -> None:
        shown = Lifecycle(course.history)
        root = ElementTree.fromstring(shown.svg())
        looks = [each.get("class", "") for each in root.findall(".//{*}g")]
        assert sum(look == "node visited" for look in looks) == 6
        assert sum(look == "node visited here" for look in looks) == 1
        assert sum(look == "edge taken" for look in looks) == 9
        assert "Idea, Sparring, Professional qualification" in shown._repr_html_()

    def test_without_a_history_no_way_is_drawn(self) -> None:
        root = ElementTree.fromstring(Lifecycle().svg())
        looks = {each.get("class", "") for each in root.findall(".//{*}g")}
        assert looks == {"graph", "cluster", "node", "edge"}

    def test_what_leads_from_every_open_phase_is_one_arrow(self, procedure: Procedure) -> None:
        def arrows(shown: Lifecycle) -> list[str]:
            root = ElementTree.fromstring(shown.svg())
            edges = [each for each in root.findall(".//{*}g") if "edge" in each.get("class", "")]
            told = [" ".join("".join(each.itertext()).split()) for each in edges]
            return [
                each.get("class", "")
                for each, words in zip(edges, told, strict=True)
                if words == "Withdraw the proposal"
            ]

        assert arrows(Lifecycle()) == ["edge"]
        for phase in (Phase.IDEA, Phase.FUNDER_CONSENT):
            left = in_phase(phase, procedure).then(command("withdraw"))
            assert arrows(Lifecycle(left)) == ["edge taken"]

    def test_a_notebook_may_choose_mermaid(self, course: Course) -> None:
        shown = Lifecycle(course.history)
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/vnd.mermaid", "text/plain"}
        assert bundle["text/vnd.mermaid"].startswith("stateDiagram-v2")
        assert "class idea, sparring, qualification, approval_process" in bundle["text/vnd.mermaid"]
        assert "visited" not in Lifecycle()._repr_mimebundle_()["text/vnd.mermaid"]
        only = shown._repr_mimebundle_(include={"text/vnd.mermaid"})
        assert set(only) == {"text/vnd.mermaid"}
        assert "text/plain" not in shown._repr_mimebundle_(exclude=["text/plain"])

    def test_without_the_program_the_moves_are_a_table_that_says_so(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        seen = Seen(Lifecycle(lang="da")._repr_html_())
        assert "Ikke tegnet, for Graphviz mangler: Graphviz (dot)." in seen.texts
        assert "Afventer bidragende parter" in seen.texts
        assert "img" not in seen.tags
        with pytest.raises(NotDrawn, match="dot"):
            Lifecycle().svg()

    def test_without_the_package_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "graphviz", None)
        monkeypatch.delitem(sys.modules, "klimaflow.report.drawn", raising=False)
        text = " ".join(Seen(Lifecycle()._repr_html_()).texts)
        assert "pip install 'klimaflow[report]'" in text


class TestFragments:
    def test_a_class_becomes_its_style_and_leaves_nothing_behind(self) -> None:
        html = fragment(element("p", "x", class_="strong unknown", data_column="y"))
        assert html == f'<p style="{INLINE["strong"]}">x</p>'

    def test_a_sheet_shows_lists_tables_and_what_is_not_there(self, procedure: Procedure) -> None:
        budget = do.ProposeBudget(
            contributions={"realdania": 5}, by="proposer:0751", at=moment("2024-02-01T09:00Z")
        )
        texts = Seen(budget._repr_html_()).texts
        assert texts[texts.index("contributions") :][:2] == ["contributions", "realdania: 5"]
        assert texts[texts.index("cofinancing") :][:2] == ["cofinancing", "–"]
        nobody = do.EnlistParticipants(participants=[], by="proposer:0751", at="2024-02-01 09:00")
        assert "–" in Seen(nobody._repr_html_()).texts


class TestLanguages:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_every_value_is_shown_in_each_language(self, course: Course, lang: str) -> None:
        history, decision = course.history, course.steps[8].decision
        planned = plan(history.as_of("2024-04-16 10:00"), "2024-04-16 10:00")
        option = history.as_of("2024-04-16 10:00").possible("2024-04-16 10:00", "secretariat:kl")[0]
        shown: dict[str, list[Sheet]] = {
            decision_html(decision, lang): [decision, course.steps[8]],
            decision_html(option.decision, lang): [option],
            history_html(course.proposal.title or "", course.procedure, course.shown(), lang): [
                course
            ],
            procedure_html(course.procedure, lang): [course.procedure],
            proposal_html(course.proposal, lang): [course.proposal],
            plan_html(planned, lang): [planned],
            decision_html(planned.steps[0].decision, lang): [planned.steps[0]],
        }
        for html, values in shown.items():
            for value in values:
                assert value.to_html(lang) == html
                assert value.to_html(lang)._repr_html_() == html
        word = {"en": "permitted", "da": "tilladt"}[lang]
        assert word in history.to_html(lang)
        assert decision.findings[0].explained(lang)[:20] in decision.findings[0].to_html(lang)

    def test_without_a_language_it_is_english(self, course: Course) -> None:
        assert (
            course._repr_html_() == course.to_html() == course.to_html("en") != course.to_html("da")
        )

    def test_another_language_there_is_not(self, course: Course) -> None:
        with pytest.raises(ValueError, match="'sv' is none of en, da"):
            course.to_html("sv")
