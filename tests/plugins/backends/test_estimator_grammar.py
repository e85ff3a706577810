"""Estimators are built from what YAML can say, and every mistake is met with near names."""

from typing import Any

import pytest
import yaml

from cl_core.errors import ConfigError
from cl_plugins.backends.estimator_grammar import build, describe


def made(text: str, notes: list[str] | None = None) -> Any:
    return build(yaml.safe_load(text), 7, [] if notes is None else notes)


def test_every_open_random_state_gets_the_seed_and_no_other() -> None:
    """Also deep inside; one that people set stays."""
    model = made("""
    estimator: sklearn.ensemble.VotingClassifier
    params:
      estimators:
        forest: {estimator: sklearn.ensemble.RandomForestClassifier}
        tree: {estimator: sklearn.tree.DecisionTreeClassifier, params: {random_state: 3}}
    """)
    states = {name: value for name, value in model.get_params().items() if name.endswith("random_state")}
    assert states == {"forest__random_state": 7, "tree__random_state": 3}


def test_steps_are_a_pipeline_by_list_or_by_name() -> None:
    """A list gets scikit-learn's names, a mapping its own."""
    steps = "{estimator: sklearn.preprocessing.StandardScaler}"
    last = "{estimator: sklearn.naive_bayes.GaussianNB, params: {var_smoothing: 0.5}}"
    listed, named = made(f"steps: [{steps}, {last}]"), made(f"steps: {{a: {steps}, b: {last}}}")
    assert [name for name, _ in listed.steps] == ["standardscaler", "gaussiannb"]
    assert [name for name, _ in named.steps] == ["a", "b"]
    assert named.steps[1][1].var_smoothing == 0.5


def test_lists_become_tuples_where_python_wants_them() -> None:
    """Where the default is a tuple, and where a name and a model stand together."""
    text = "{estimator: sklearn.feature_extraction.text.TfidfVectorizer, params: {ngram_range: [1, 2]}}"
    assert made(text).ngram_range == (1, 2)
    columns = made("""
    estimator: sklearn.compose.ColumnTransformer
    params:
      transformers:
        - [scaled, {estimator: sklearn.preprocessing.StandardScaler}, [x, y]]
    """)
    name, model, chosen = columns.transformers[0]
    assert (name, type(model).__name__, chosen) == ("scaled", "StandardScaler", ["x", "y"])


def test_a_mapping_that_is_no_model_stays_a_mapping() -> None:
    """Class weights are not taken for named models."""
    text = "{estimator: sklearn.linear_model.LogisticRegression, params: {class_weight: {0: 1, 1: 5}}}"
    assert made(text).class_weight == {0: 1, 1: 5}


@pytest.mark.parametrize(
    ("spec", "said", "hint"),
    [
        ("estimator: RandomForestClassifier", "no import path", "sklearn.ensemble.RandomForestClassifier"),
        ("estimator: sklearn.RandomForestClassifier", "has no", "sklearn.ensemble.RandomForestClassifier"),
        ("estimator: sklearn.svm.LinearSCV", "'sklearn.svm' has no 'LinearSCV'", "'LinearSVC'"),
        ("estimator: sklearn.ensembl.BaggingClassifier", "no module 'ensembl'", "did you mean 'ensemble'"),
        ("estimator: no_such_package.Model", "no package 'no_such_package'", "pip install no_such_package"),
        ("estimator: sklearn.ensemble", "a module without `fit`", "name the class|did you mean"),
        ("estimator: sklearn.metrics.accuracy_score", "a function without `fit`", "name the class"),
        ("estimator: os; import x", "no import path", "package.module.Name"),
        ("estimator: 3", "wanted an import path", "write"),
        ("steps: []", "model.steps is empty", "ends with a classifier"),
        ("steps: [3]", r"model.steps\[0\] is 3, wanted a model", "write"),
        ("steps: [{estimator: sklearn.svm.SVC, parms: {}}]", r"steps\[0\] is .*parms", "write"),
        (
            "{estimator: sklearn.linear_model.LogisticRegression, params: {max_itr: 9}}",
            "takes no 'max_itr'",
            "did you mean 'max_iter'",
        ),
    ],
)
def test_mistakes_are_named_with_what_may_have_been_meant(spec: str, said: str, hint: str) -> None:
    """The option, what came, and near names."""
    with pytest.raises(ConfigError, match=said) as caught:
        made(spec)
    assert any(part in caught.value.hint for part in hint.split("|"))
    assert caught.value.hint == caught.value.hint.strip()


def test_a_module_that_breaks_on_import_is_told_from_one_that_is_missing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own error is in the message; a package that it lacks is the one to install."""
    (tmp_path / "broken_estimators.py").write_text("1 / 0\n")
    (tmp_path / "needy_estimators.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="cannot be imported: ZeroDivisionError"):
        made("estimator: broken_estimators.Model")
    with pytest.raises(ConfigError, match="needs 'no_such_package'"):
        made("estimator: needy_estimators.Model")


def test_a_parameter_that_a_class_hands_on_unread_is_said_aloud(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Classes with **kwargs hide typos; a note does not."""
    (tmp_path / "open_estimators.py").write_text(
        "class Model:\n    def __init__(self, depth=1, **more):\n        self.more = more\n"
        "    def fit(self, X, y):\n        return self\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    notes: list[str] = []
    assert made("{estimator: open_estimators.Model, params: {depht: 2}}", notes).more == {"depht": 2}
    assert notes == ["open_estimators.Model was given 'depht', which it does not list; did you mean 'depth'?"]


def test_a_model_is_written_on_one_line() -> None:
    """As people would call it in Python."""
    spec = {"steps": {"s": {"estimator": "a.S"}, "m": {"estimator": "b.M", "params": {"w": {0: [1, "x"]}}}}}
    assert describe(spec) == "a.S() -> b.M(w={0: [1, 'x']})"
