"""How good the triage is on real work: ours, the majority, text alone and the usual word models, on the same rows.

Run: python benchmarks/priority_triage.py. Needs the open data folder `shared/data` beside the repository. Prints tables
and writes benchmarks/results/priority_triage.json.

Issue types: five GitHub repositories, the published split (NLBSE'24), macro F1, mean of the repositories. Category and
priority at SiP: the last 3,080 of 10,266 tasks, judged from those before; once with what was known on the first day,
five years at once, and once as the product does it, learned anew every half year. Priority at Hadoop: the last 30 %.
The weights of the views were chosen by leave-one-out on the training rows of the issue types. Training and test issues
of a repository are of the same months, and in each month one label prevails (they were drawn by label), so that
created_at tells much there; hence the row that is not told when. New work comes after what is known, and tells less.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from asana_intel.insights.triage import classify

ROOT = Path(__file__).resolve().parents[1]
OPEN_DATA = ROOT.parent / "shared" / "data"
RESULT = ROOT / "benchmarks" / "results" / "priority_triage.json"
LATER = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
SIP_TEST = 3080
HADOOP = ["Trivial", "Minor", "Major", "Critical", "Blocker"]
Said = Sequence[str | None]


def main() -> None:
    """Measure, print, write."""
    console, results = Console(), {}
    for name, measure in {
        "issue type (macro F1)": issue_types,
        "SiP category (accuracy)": sip_category,
        "SiP priority (quadratic kappa)": sip_priority,
        "Hadoop priority (quadratic kappa)": hadoop_priority,
    }.items():
        results[name] = measure()
        table = Table("method", *results[name]["ours"], title=name)
        for method, figures in results[name].items():
            table.add_row(method, *(f"{figure:.3f}" for figure in figures.values()))
        console.print(table)
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


def issue_types() -> dict[str, dict[str, float]]:
    """Bug, feature or question."""
    rows = (
        pl.read_parquet(OPEN_DATA / "triage_nlbse24.parquet")
        .with_row_index("row")
        .select(
            "label", "split", "created_at",
            task_gid=pl.col("row").cast(pl.String), name="title", notes="body", project_gid="repo",
        )
    )  # fmt: skip
    past, new = (rows.filter(pl.col("split") == split) for split in ("train", "test"))
    repos, truth = new["project_gid"].to_numpy(), new["label"].to_list()

    def figures(said: Said) -> dict[str, float]:
        each = [macro_f1(np.array(truth)[repos == r], filled(said)[repos == r]) for r in np.unique(repos)]
        return {"macro F1": float(np.mean(each))}

    pooled, own = word_model(past, new, "label", []), own_models(past, new, "label")
    both = named(pooled[1] + own, pooled[0])
    return {
        "majority": figures([past["label"].mode().sort()[0]] * new.height),
        "words, all repositories": figures(named(pooled[1], pooled[0])),
        "words, each repository": figures(named(own, pooled[0])),
        "mean of the two": figures(both),
        "ours": ours(past, new, "label", figures),
        "ours, not told when": ours(past, new.drop("created_at"), "label", figures),
        "ours, not told where": ours(past, new.drop("project_gid"), "label", figures),
        "ours, each repository by itself": figures(own_classified(past, new, "label")),
    }


def sip_tasks() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tasks of the company before and after the cut, by the day they were estimated."""
    rows = (
        pl.read_parquet(OPEN_DATA / "sip_tasks.parquet")
        .sort("estimate_on", "task")
        .unique("task", keep="first", maintain_order=True)
        .select(
            "category", "subcategory",
            task_gid=pl.col("task").cast(pl.String), name="summary", project_gid="project", section_gid="subproject",
            requester_gid="raised_by",
            priority=pl.min_horizontal("priority", 5).cast(pl.String), created_at="estimate_on",
        )
    )  # fmt: skip
    return rows.head(-SIP_TEST), rows.tail(SIP_TEST)


def sip_category() -> dict[str, dict[str, float]]:
    """Development, management or operational."""
    past, new = (rows.drop("priority", "subcategory") for rows in sip_tasks())
    truth = new["category"].to_list()

    def figures(said: Said) -> dict[str, float]:
        return {"accuracy": agreement(truth, said), "macro F1": macro_f1(np.array(truth), filled(said))}

    methods = side_by_side(past, new, "category", ["project_gid", "requester_gid"], figures)
    renamed = [frame.rename({"section_gid": "subproject"}) for frame in (past, new)]
    methods["ours, section as subproject"] = ours(*renamed, "category", figures)
    bare = [frame.drop("section_gid") for frame in (past, new)]
    methods["ours, without sections"] = ours(*bare, "category", figures)
    again = "ours, learned every half year"
    methods[f"{again}, without sections"] = learned_again(*bare, "category", figures, None)
    return methods


def sip_priority() -> dict[str, dict[str, float]]:
    """1 (highest) to 5."""
    past, new = sip_tasks()
    truth = new["priority"].to_list()

    def figures(said: Said) -> dict[str, float]:
        return {"kappa": kappa(truth, said, ["1", "2", "3", "4", "5"]), "accuracy": agreement(truth, said)}

    facts = ["project_gid", "requester_gid", "category", "subcategory"]
    return side_by_side(past, new, "priority", facts, figures, balanced=True)


def hadoop_priority() -> dict[str, dict[str, float]]:
    """Trivial to blocker."""
    rows = (
        pl.read_parquet(OPEN_DATA / "priority_gitbugs.parquet")
        .filter(pl.col("project") == "hadoop")
        .sort("created", "issue_id")
        .select(
            "priority", task_gid=pl.col("issue_id").cast(pl.String), name="summary", notes="description",
            created_at="created",
        )
    )  # fmt: skip
    past, new = rows.head(int(0.7 * rows.height)), rows.tail(-int(0.7 * rows.height))
    truth = new["priority"].to_list()

    def figures(said: Said) -> dict[str, float]:
        return {"kappa": kappa(truth, said, HADOOP), "accuracy": agreement(truth, said)}

    return side_by_side(past, new, "priority", [], figures, balanced=True, order=HADOOP)


def side_by_side(
    past: pl.DataFrame,
    new: pl.DataFrame,
    label: str,
    facts: list[str],
    figures: Any,
    *,
    balanced: bool = False,
    order: list[str] | None = None,
) -> dict[str, dict[str, float]]:
    """The baselines, ours with the past frozen, and ours learned anew every half year."""
    text = word_model(past, new, label, [], balanced=balanced)
    methods = {
        "majority": figures([past[label].mode().sort()[0]] * new.height),
        "words alone": figures(named(text[1], text[0])),
    }
    if facts:
        informed = word_model(past, new, label, facts, balanced=balanced)
        methods["words, requester, project"] = figures(named(informed[1], informed[0]))
    methods["ours"] = ours(past, new, label, figures, order)
    methods["ours, learned every half year"] = learned_again(past, new, label, figures, order)
    return methods


def ours(
    past: pl.DataFrame, new: pl.DataFrame, label: str, figures: Any, order: list[str] | None = None
) -> dict[str, float]:
    """The product, and how far its probabilities are off."""
    begun = time.process_time()
    said = classify(new.drop(label), past, LATER, label, order=order)
    seconds = time.process_time() - begun
    error = calibration_error(said["p"].to_numpy(), (said["value"] == new[label]).to_numpy())
    return figures(said["value"].to_list()) | {"calibration error": error, "CPU s": seconds}


def learned_again(
    past: pl.DataFrame, new: pl.DataFrame, label: str, figures: Any, order: list[str] | None
) -> dict[str, float]:
    """The product as it runs, only less often: half a year at a time, from all that came before."""
    everything, parts = pl.concat([past, new]), []
    for (first,), part in new.with_columns(half=pl.col("created_at").dt.truncate("26w")).group_by(
        "half", maintain_order=True
    ):
        before = everything.filter(pl.col("created_at") < max(first, new["created_at"][0]))
        parts.append(classify(part.drop(label), before, LATER, label, order=order))
    said = new.select("task_gid", label).join(pl.concat(parts), on="task_gid", maintain_order="left")
    error = calibration_error(said["p"].to_numpy(), (said["value"] == said[label]).to_numpy())
    return figures(said["value"].to_list()) | {"calibration error": error}


def word_model(
    past: pl.DataFrame, new: pl.DataFrame, label: str, facts: list[str], *, balanced: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The usual model: tf-idf of words and letters, facts as columns, logistic. Classes and probabilities."""
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import OneHotEncoder

    texts = [full_text(frame) for frame in (past, new)]
    left, right = [], []
    for shape in ({"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (3, 5)}):
        seen = TfidfVectorizer(min_df=2, sublinear_tf=True, max_features=30_000, **shape)
        left.append(seen.fit_transform(texts[0]))
        right.append(seen.transform(texts[1]))
    if facts:
        columns = OneHotEncoder(handle_unknown="ignore").fit(past.select(facts).to_numpy())
        left.append(columns.transform(past.select(facts).to_numpy()))
        right.append(columns.transform(new.select(facts).to_numpy()))
    logistic = LogisticRegression(C=5, solver="liblinear", class_weight="balanced" if balanced else None)
    model = OneVsRestClassifier(logistic).fit(sparse.hstack(left).tocsr(), past[label].to_numpy())
    return model.classes_, model.predict_proba(sparse.hstack(right).tocsr())


def own_models(past: pl.DataFrame, new: pl.DataFrame, label: str) -> np.ndarray:
    """The usual model, one for each project."""
    chances = np.zeros((new.height, past[label].n_unique()))
    for project in past["project_gid"].unique().sort():
        mine = pl.col("project_gid") == project
        rows = (new["project_gid"] == project).to_numpy()
        chances[rows] = word_model(past.filter(mine), new.filter(mine), label, [])[1]
    return chances


def own_classified(past: pl.DataFrame, new: pl.DataFrame, label: str) -> list[str | None]:
    """The product, asked for each project by itself."""
    parts = []
    for project in past["project_gid"].unique().sort():
        mine = pl.col("project_gid") == project
        parts.append(classify(new.filter(mine).drop(label), past.filter(mine), LATER, label))
    return new.select("task_gid").join(pl.concat(parts), on="task_gid", maintain_order="left")["value"].to_list()


def full_text(frame: pl.DataFrame) -> list[str]:
    """Name and the first 3,000 characters of the notes."""
    notes = pl.col("notes").fill_null("").str.slice(0, 3000) if "notes" in frame.columns else pl.lit("")
    return frame.select(pl.concat_str(pl.col("name").fill_null(""), notes, separator="\n")).to_series().to_list()


def named(chances: np.ndarray, classes: np.ndarray) -> list[str]:
    """The likeliest class of each row."""
    return [str(classes[index]) for index in chances.argmax(axis=1)]


def filled(said: Said) -> np.ndarray:
    """What was said; nothing is a wrong answer."""
    return np.array([value or "" for value in said])


def agreement(truth: list[str], said: Said) -> float:
    """Share of right answers."""
    return float((np.array(truth) == filled(said)).mean())


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean F1 of the true classes."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, said, labels=np.unique(truth), average="macro"))


def kappa(truth: list[str], said: Said, order: list[str]) -> float:
    """Cohen's kappa with quadratic weights."""
    from sklearn.metrics import cohen_kappa_score

    left, right = ([order.index(value or order[0]) for value in side] for side in (truth, said))
    return float(cohen_kappa_score(left, right, weights="quadratic"))


def calibration_error(p: np.ndarray, is_right: np.ndarray) -> float:
    """Mean distance between what was said and what came true, over ten bins of probability."""
    bins = np.minimum((p * 10).astype(int), 9)
    return float(sum(abs((p - is_right)[bins == b].sum()) for b in range(10)) / len(p))


if __name__ == "__main__":
    main()
