"""A classifier that finds wrong labels before it learns. No statistics of its own."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import _safe_indexing, check_array, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from cl_core.crossval import cross_validated_probs, seeded
from cl_core.errors import InputError
from cl_core.filters import FilterMethod, issues_of
from cl_core.reading import read
from cl_core.scores import ScoreMethod, scores_of


class LabelNoiseDetector(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Find label issues by cross-validation, then fit the classifier on the other rows.

    Parameters
    ----------
    estimator
        Any scikit-learn classifier with ``predict_proba``; logistic regression when left out.
    cv
        Number of folds, or a splitter, see `cross_validated_probs`.
    filter_by
        How label issues are told from other rows, see `find_label_issues`.
    score_by
        How labels are scored, see `label_quality_scores`.
    random_state
        Seed of the folds, and of the classifier where it has none.

    Attributes
    ----------
    classes_
        Labels as they came, sorted, shape ``(k,)``.
    label_issues_
        Mask of the rows left out of the final fit, shape ``(n,)``.
    label_quality_
        Score of each label in 0..1, low for suspect ones, shape ``(n,)``.
    pred_probs_
        Out-of-sample probabilities, shape ``(n, k)``.
    confident_joint_
        Counts before calibration, shape ``(k, k)``, rows = given, columns = true.
    notes_
        What people should know, one sentence each.
    estimator_
        The classifier, fitted on the rows without issues.

    Examples
    --------
    >>> rows = np.repeat([[0.0], [1.0]], 10, axis=0) + np.linspace(0, 0.1, 20)[:, None]
    >>> labels = np.repeat(["cat", "dog"], 10)
    >>> labels[3] = "dog"
    >>> detector = LabelNoiseDetector(LogisticRegression(C=100)).fit(rows, labels)
    >>> np.flatnonzero(detector.label_issues_), detector.predict([[0.0]])
    (array([3]), array(['cat'], dtype='<U3'))
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        cv: Any = 5,
        filter_by: FilterMethod = "prune_by_noise_rate",
        score_by: ScoreMethod = "self_confidence",
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.filter_by = filter_by
        self.score_by = score_by
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, groups: Any = None, **fit_params: Any) -> "LabelNoiseDetector":  # noqa: N803 - scikit-learn's names
        """Find the issues among labels `y`, shape ``(n,)``, of any type, and fit on the other rows.

        `groups` keeps rows together in cross-validation; ``sample_weight`` goes to every fit.
        """
        unknown = set(fit_params) - {"sample_weight"}
        if unknown:
            raise TypeError(f"fit() takes groups and sample_weight, not {', '.join(sorted(unknown))}")
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X = self._checked(X, reset=True)  # noqa: N806 - scikit-learn's name
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None, ensure_min_samples=0), warn=True)
        check_consistent_length(X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:  # noqa: PLR2004 - two classes make a classification
            raise InputError("y holds one class only", hint="a classifier needs two classes or more")
        base = seeded(self._inner(), self.random_state)
        weights = fit_params.get("sample_weight")
        crossed = cross_validated_probs(
            base,
            X,
            codes,
            n_classes=len(self.classes_),
            cv=self.cv,
            groups=groups,
            sample_weight=weights,
            seed=self.random_state,
        )
        reading = read(codes, crossed.pred_probs, with_other=True)
        self.label_issues_ = issues_of(reading, self.filter_by)
        self.label_quality_ = scores_of(reading, self.score_by)
        self.pred_probs_, self.confident_joint_, self.notes_ = (
            crossed.pred_probs,
            reading.counts,
            crossed.notes,
        )
        kept = np.flatnonzero(~self.label_issues_)
        if len(np.unique(codes[kept])) < len(self.classes_):
            # A class that lost all its rows could never be predicted again.
            kept = np.arange(len(codes))
            self.notes_ = (*self.notes_, "a class consists of issues only: the final fit kept all rows")
        extra = {} if weights is None else {"sample_weight": np.asarray(weights)[kept]}
        self.estimator_ = clone(base).fit(_safe_indexing(X, kept), y[kept], **extra)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Predict labels, of the type they came in, shape ``(n,)``."""
        check_is_fitted(self)
        return self.estimator_.predict(self._checked(X, reset=False))

    def predict_proba(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Predict probabilities, shape ``(n, k)``, columns in the order of `classes_`."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._checked(X, reset=False))

    def _inner(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator

    def _checked(self, features: Any, *, reset: bool) -> Any:
        """Check arrays as scikit-learn does; data frames and texts are left to the classifier inside."""
        if hasattr(features, "iloc") or _are_texts(features):
            validate_data(self, features, reset=reset, skip_check_array=True)
            return features
        tags = get_tags(self._inner()).input_tags
        finite = "allow-nan" if tags.allow_nan else True
        return validate_data(
            self,
            features,
            reset=reset,
            accept_sparse="csr" if tags.sparse else False,
            ensure_all_finite=finite,
        )

    def __sklearn_tags__(self) -> Any:
        """Take the input tags of the classifier inside."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner()).input_tags
        tags.input_tags.sparse, tags.input_tags.allow_nan = inner.sparse, inner.allow_nan
        return tags


def _are_texts(features: Any) -> bool:
    return isinstance(features, list) and bool(features) and isinstance(features[0], str)
