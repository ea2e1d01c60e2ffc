"""What somebody who opens the triage queue can rely on."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from asana_intel.errors import PermanentError
from asana_intel.insights.triage import classify
from asana_intel.insights.triage.kernel_model import fit, learn_cuts
from asana_intel.insights.triage.views import manner, marks
from asana_intel_tests.unit.insights.triage.examples import AS_OF, made_tasks

PAST = made_tasks(150)
NEW = made_tasks(40, seed=1, first=5000)
COLUMNS = ["task_gid", "value", "p", "runner_up", "runner_up_p", "reason", "evidence_gids"]


def asked(**columns):
    return pl.DataFrame({"task_gid": ["1"], **{name: [value] for name, value in columns.items()}})


def test_words_tell_the_category_and_similar_tasks_are_the_evidence():
    said = classify(NEW.drop("category"), PAST, AS_OF, "category")
    assert said.columns == COLUMNS
    assert said["task_gid"].to_list() == NEW["task_gid"].to_list()
    assert (said["value"] == NEW["category"]).mean() > 0.95
    category = dict(PAST.select("task_gid", "category").iter_rows())
    for row in said.iter_rows(named=True):
        assert len(row["evidence_gids"]) == 3
        assert {category[gid] for gid in row["evidence_gids"]} == {row["value"]}
        assert row["runner_up"] != row["value"]
        assert row["runner_up_p"] <= row["p"] <= 1


def test_the_tasks_own_label_is_not_read():
    lying = NEW.with_columns(category=pl.lit("question"))
    assert classify(lying, PAST, AS_OF, "category").equals(classify(NEW, PAST, AS_OF, "category"))


def test_a_task_that_is_judged_is_no_evidence_for_itself():
    both = pl.concat([PAST, NEW])
    assert classify(NEW, both, AS_OF, "category").equals(classify(NEW, PAST, AS_OF, "category"))


@settings(deadline=None, max_examples=15)
@given(
    later=st.lists(
        st.tuples(st.integers(1, 10**6), st.sampled_from(["bug", "feature", "new"]), st.text(max_size=20)),
        min_size=1,
        max_size=5,
    )
)
def test_what_became_known_later_changes_nothing(later):
    known = PAST.with_columns(known_at=pl.col("created_at"))
    rows = pl.DataFrame(
        {
            # some are new tasks, some are later words on tasks that were known
            "task_gid": [str(9000 + i) if i % 2 else PAST["task_gid"][i] for i in range(len(later))],
            "name": [text for _, _, text in later],
            "category": [category for _, category, _ in later],
            "known_at": [AS_OF + dt.timedelta(seconds=seconds) for seconds, _, _ in later],
        }
    )
    added = pl.concat([rows, known], how="diagonal_relaxed").select(known.columns)
    assert classify(NEW, added, AS_OF, "category").equals(classify(NEW, known, AS_OF, "category"))


def test_the_order_of_rows_and_the_company_a_task_is_in_do_not_matter():
    whole = classify(NEW, PAST, AS_OF, "category")
    assert classify(NEW, PAST.sample(fraction=1.0, shuffle=True, seed=3), AS_OF, "category").equals(whole)
    alone = pl.concat(classify(NEW[i : i + 1], PAST, AS_OF, "category") for i in range(5))
    assert alone.drop("p", "runner_up_p").equals(whole[:5].drop("p", "runner_up_p"))
    assert np.allclose(alone["p"], whole["p"][:5], atol=1e-5)


def test_with_too_few_examples_it_says_how_many_are_needed():
    said = classify(NEW, PAST.tail(12), AS_OF, "category")
    assert said["value"].null_count() == NEW.height
    assert said["reason"].unique().to_list() == ["only 12 past tasks have 'category'; 30 are needed"]
    assert said["p"].null_count() == NEW.height


def test_examples_that_were_not_known_yet_do_not_count():
    before = PAST["created_at"][10]
    assert classify(NEW, PAST, before, "category")["reason"][0].startswith("only 11 past tasks")


def test_when_all_of_the_past_is_the_same_nothing_is_learned_from_it():
    said = classify(NEW, PAST.with_columns(category=pl.lit("bug")), AS_OF, "category")
    assert said["reason"][0] == "all past tasks have the same 'category', bug; two different ones are needed"


def test_below_the_threshold_the_probability_stands_without_a_value():
    vague = asked(name="login page report")
    said = classify(vague, PAST, AS_OF, "category", least_p=0.99).row(0, named=True)
    assert said["value"] is None
    assert 0 < said["p"] < 0.99
    assert "too uncertain" in said["reason"]


def test_a_task_without_text_of_which_nothing_is_known_is_left_open():
    said = classify(asked(name=None, notes=" "), PAST, AS_OF, "category").row(0, named=True)
    assert said["value"] is None
    assert said["reason"] == "it has no text, and nothing else is known of it"


def test_a_requester_nobody_knows_is_no_obstacle():
    stranger = NEW.with_columns(requester_gid=pl.lit("stranger"), project_gid=pl.lit(None, pl.String))
    said = classify(stranger, PAST, AS_OF, "category")
    assert (said["value"] == NEW["category"]).mean() > 0.9


def test_who_asks_says_it_where_words_do_not():
    past = PAST.with_columns(
        name=pl.lit("please look"),
        category=pl.when(pl.col("requester_gid") == "ann").then(pl.lit("bug")).otherwise(pl.lit("feature")),
    )
    new = pl.DataFrame({"task_gid": ["1", "2"], "name": ["please look"] * 2, "requester_gid": ["ann", "bob"]})
    assert classify(new, past, AS_OF, "category")["value"].to_list() == ["bug", "feature"]


def test_other_scripts_and_odd_texts_are_read_too():
    texts = {"bug": ["登录页面崩溃了", "поиск не работает"], "feature": ["请增加导出功能", "добавить экспорт"]}
    past = pl.DataFrame(
        [
            {"task_gid": f"{label}{i}", "name": names[i % 2], "notes": None, "category": label}
            for label, names in texts.items()
            for i in range(20)
        ]
    )
    new = pl.DataFrame(
        {"task_gid": ["1", "2", "3", "4"], "name": ["登录崩溃", "добавить поле", "🙂" * 50, "\x00\u202e?!"]}
    )
    said = classify(new, past, AS_OF, "category")
    assert said["value"].to_list()[:2] == ["bug", "feature"]
    assert said["p"].is_between(0, 1).all()


def test_probabilities_come_true_as_often_as_they_say():
    past = made_tasks(700, noise=0.45)
    new = made_tasks(1000, seed=7, noise=0.45, first=5000)
    said = classify(new, past, AS_OF, "category")
    is_right = said["value"] == new["category"]
    assert abs(said["p"].mean() - is_right.mean()) < 0.05  # 0.7 is the best there is
    surest = said["p"] > said["p"].median()
    assert abs(said["p"].filter(surest).mean() - is_right.filter(surest).mean()) < 0.08


def test_pure_noise_gets_the_shares_of_the_past():
    said = classify(made_tasks(300, seed=5, first=5000), made_tasks(400, noise=1.0), AS_OF, "category")
    assert said["p"].mean() < 0.45


def test_a_rare_high_priority_is_named_though_it_is_never_the_most_likely():
    def urgent_bugs(tasks, seed):
        is_urgent = (tasks["category"] == "bug").to_numpy() & (np.random.default_rng(seed).random(tasks.height) < 0.4)
        return tasks.with_columns(priority=pl.Series(np.where(is_urgent, "P0", "P2")))

    new = urgent_bugs(made_tasks(300, seed=4, first=5000), 2)
    draws = []
    for seed in (1, 11, 21):
        past = urgent_bugs(made_tasks(300), seed).with_columns(
            priority=pl.when(pl.int_range(pl.len()) % 40 == 0).then(pl.lit("P1")).otherwise("priority")
        )
        ordered = classify(new, past, AS_OF, "priority")["value"]
        draws.append(new.select("category", is_high=ordered.is_in(["P0", "P1"])))
    high = dict(pl.concat(draws).group_by("category").agg(pl.col("is_high").mean()).iter_rows())
    assert high["bug"] > 0.5
    assert max(high["feature"], high["question"]) < 0.2


def test_the_order_of_values_may_be_handed_in():
    names = {"bug": "High", "feature": "Low", "question": "Medium"}
    past = PAST.with_columns(priority=pl.col("category").replace_strict(names))
    said = classify(NEW, past, AS_OF, "priority", order=["Low", "Medium", "High"])
    assert (said["value"] == NEW["category"].replace_strict(names)).mean() > 0.9


def test_a_label_in_numbers_is_answered_in_numbers():
    past = PAST.with_columns(priority=pl.col("category").replace_strict({"bug": 1, "feature": 3, "question": 2}))
    said = classify(NEW, past, AS_OF, "priority")
    assert said["value"].dtype == past["priority"].dtype
    assert (said["value"] == NEW["category"].replace_strict({"bug": 1, "feature": 3, "question": 2})).mean() > 0.9


def test_only_allowed_values_are_named():
    allowed = pl.DataFrame({"task_gid": [NEW["task_gid"][0]] * 2, "value": ["feature", "stranger"]})
    said = classify(NEW[:2], PAST, AS_OF, "category", allowed=allowed)
    assert said["value"][0] == "feature"
    assert said["p"][0] == pytest.approx(1)
    free = classify(NEW[:2], PAST, AS_OF, "category")
    assert said["value"][1] == free["value"][1]
    assert said["p"][1] == pytest.approx(free["p"][1])


@pytest.mark.parametrize("column", ["notes", "project_gid", "requester_gid", "created_at"])
def test_every_optional_column_may_be_absent_from_either_frame(column):
    past, new = made_tasks(120), made_tasks(20, seed=1, first=5000)
    for tasks, history in ((new.drop(column), past), (new, past.drop(column)), (new.drop(column), past.drop(column))):
        said = classify(tasks, history, AS_OF, "category")
        assert (said["value"] == new["category"]).mean() > 0.9


def test_an_empty_history_gives_no_values_but_a_reason():
    for history in (pl.DataFrame(), PAST[:0], PAST[:1]):
        said = classify(NEW, history, AS_OF, "category")
        assert said["value"].null_count() == NEW.height
        assert said["reason"].str.contains("past task").all()


def test_a_label_that_is_no_number_is_none():
    past = PAST.with_columns(size=pl.col("task_gid").cast(pl.Float64) % 3)
    holes = past.head(20).with_columns(pl.col("task_gid") + "x", size=pl.lit(float("nan")))
    assert classify(NEW, pl.concat([past, holes]), AS_OF, "size").equals(classify(NEW, past, AS_OF, "size"))


def test_no_tasks_give_no_rows():
    assert classify(NEW[:0], PAST, AS_OF, "category").columns == COLUMNS


@pytest.mark.parametrize(
    ("tasks", "history", "says"),
    [
        (NEW.drop("task_gid"), PAST, "tasks has no column 'task_gid'"),
        (NEW, PAST.drop("category"), "history has no column 'category'"),
        (pl.concat([NEW[:3], NEW[1:2]]), PAST, "tasks, row 1: task_gid '6001' repeats"),
        (NEW.with_columns(task_gid=pl.lit(None, pl.String)), PAST, "tasks, row 0: 'task_gid' is empty"),
        (NEW.with_columns(name=pl.lit([["a"]])), PAST, "tasks, row 0: 'name' holds List"),
        (NEW, PAST.with_columns(created_at=pl.lit("soon")), "history, row 0: 'created_at' is 'soon'"),
        (NEW, PAST.with_columns(known_at=pl.lit(5)), "history, row 0: 'known_at' holds Int"),
        (NEW.lazy(), PAST, "tasks is a polars.LazyFrame"),
        (NEW, PAST.lazy(), "history is a polars.LazyFrame"),
    ],
)
def test_bad_input_is_named_with_its_row_and_mend(tasks, history, says):
    with pytest.raises(PermanentError) as told:
        classify(tasks, history, AS_OF, "category")
    assert says in str(told.value)
    assert told.value.fix


def test_scores_of_left_out_stretches_equal_a_fit_without_them():
    chance = np.random.default_rng(0)
    points = chance.normal(size=(40, 3))
    likeness = (points @ points.T + 1).astype(np.float32)
    classes = (points[:, 0] > 0).astype(int)
    model = fit(likeness, classes, 2)
    stretch = np.array_split(np.arange(40), 10)[3]
    rest = np.setdiff1d(np.arange(40), stretch)
    shares = np.eye(2)[classes].mean(axis=0)
    weights = np.linalg.solve(
        likeness[np.ix_(rest, rest)] + model.noise * np.eye(36), np.eye(2)[classes[rest]] - shares
    )
    scores = likeness[np.ix_(stretch, rest)] @ weights + shares
    powers = np.exp(scores * model.sharpness)
    told = powers / powers.sum(axis=1, keepdims=True)
    assert np.allclose(model.left_out[stretch], (1 - model.doubt) * told + model.doubt * shares, atol=1e-3)


def test_cuts_agree_with_people_at_least_as_well_as_the_best_of_many_drawn_by_lot():
    chance = np.random.default_rng(1)
    classes = np.repeat([0, 1, 2], [200, 70, 30])
    chances = np.eye(3)[classes] * 0.4 + chance.dirichlet([1, 1, 1], 300) * 0.6
    values = chances @ [0, 1, 2]

    def kappa(cuts):
        said = np.searchsorted(np.sort(cuts), values, side="right")
        return cohen_kappa_score(classes, said, weights="quadratic")

    drawn = max(kappa(chance.choice(values, 2)) for _ in range(300))
    assert kappa(learn_cuts(chances, classes)) > drawn - 0.01


def test_what_a_project_is_asked_for_changes_with_time():
    def at(month, label, first):
        days = [dt.datetime(2025, month, 1, tzinfo=dt.UTC) + dt.timedelta(hours=i) for i in range(40)]
        rows = {"task_gid": [str(first + i) for i in range(40)], "created_at": days}
        return pl.DataFrame(rows).with_columns(
            name=pl.lit("please look"), project_gid=pl.lit("p"), category=pl.lit(label)
        )

    past = pl.concat([at(1, "bug", 0), at(6, "feature", 100)])
    new = pl.DataFrame({"task_gid": ["1000", "1001"], "name": ["please look"] * 2, "project_gid": ["p"] * 2})
    new = new.with_columns(created_at=pl.Series([dt.datetime(2025, month, 1, tzinfo=dt.UTC) for month in (1, 6)]))
    assert classify(new, past, AS_OF, "category")["value"].to_list() == ["bug", "feature"]


def test_the_manner_of_a_question_is_the_same_whatever_it_is_about():
    manners = [set(manner("Export", f"How can I get the {thing} of this {thing}?")) for thing in ("invoice", "schema")]
    assert manners[0] == manners[1]
    assert "how can i get" in manners[0]
    assert set(marks("a", "- [x] Done: v1.2")) == set(marks("b", "- [y] Open: v3.4"))


def test_what_new_tasks_have_no_column_for_is_not_learnt_from():
    columns = ["project_gid", "requester_gid"]
    past = PAST.with_columns(known_at=pl.col("created_at"))
    bare = classify(NEW.drop(*columns, "created_at"), past.drop(*columns, "created_at"), AS_OF, "category")
    assert classify(NEW.drop(*columns, "created_at"), past, AS_OF, "category").equals(bare)


def test_without_any_instants_gids_in_the_order_of_the_label_do_no_harm():
    teams = [f"team{chr(97 + team)}" for team in range(10)]
    past = pl.DataFrame({"name": [f"please ask {team}" for team in teams for _ in range(30)]}).with_columns(
        task_gid=pl.int_range(1000, 1300).cast(pl.String), category=pl.col("name").str.slice(11)
    )
    new = pl.DataFrame({"task_gid": teams, "name": [f"please ask {team}" for team in teams]})
    said = classify(new, past, AS_OF, "category")
    assert said["value"].to_list() == teams
    assert said["p"].min() > 0.9


def test_a_subproject_is_read_as_the_section_and_never_tells_its_own_label():
    room = pl.col("category") + " room"
    new, past = NEW.with_columns(section_gid=room).drop("category"), PAST.with_columns(section_gid=room)
    renamed = [frame.rename({"section_gid": "subproject"}) for frame in (new, past)]
    assert classify(*renamed, AS_OF, "category").equals(classify(new, past, AS_OF, "category"))
    lying = renamed[0].with_columns(subproject=pl.lit("question room"))
    said = [classify(tasks, renamed[1], AS_OF, "subproject") for tasks in (renamed[0].drop("subproject"), lying)]
    assert said[0].equals(said[1])


def test_the_usual_words_for_priorities_need_no_order():
    names = {"bug": "Blocker", "feature": "Trivial", "question": "Major"}
    past = made_tasks(120, noise=0.3).with_columns(priority=pl.col("category").replace_strict(names))
    by_words = classify(NEW, past, AS_OF, "priority")
    assert by_words.equals(classify(NEW, past, AS_OF, "priority", order=["Trivial", "Major", "Blocker"]))
    others = past.with_columns(
        pl.col("priority").replace_strict({"Blocker": "red", "Trivial": "blue", "Major": "green"})
    )
    assert classify(NEW, others, AS_OF, "priority")["value"].is_in(["red", "blue", "green"]).all()
