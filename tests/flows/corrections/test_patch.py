"""A patch by itself: what is read and what is refused before any data are there."""

from pathlib import Path

import pytest

from cl_core import ConfigError, InputError
from cl_flows.corrections.patch import read_patch

HEAD = "id,old,new,action,who,when,why\n"


def written(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "fixes.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_lines_are_answers_and_the_same_one_twice_counts_once(tmp_path: Path) -> None:
    """Columns may stand in any order, cells may hold commas and line breaks, Excel's mark is no column."""
    head = "\ufeffold,id,new,action,who,when,why\n"
    path = written(
        tmp_path, 'ash,t1,birch,relabel,kim,2026-01-01,"looks\nlike, one"', "ash,t2,,exclude,,,", head=head
    )
    path.write_text(path.read_text() + "\nash,t2,,exclude,lee,,\nash,t3,ash,keep,,,\n", encoding="utf-8")
    found = read_patch(path).answers
    assert [(one.line, one.id, one.old, one.new, one.action) for one in found] == [
        (3, "t1", "ash", "birch", "relabel"),
        (4, "t2", "ash", "", "exclude"),
        (7, "t3", "ash", "ash", "keep"),
    ]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["t1,a,b,relable,,,", "t2,a,,drop,,,"], "2 lines .* line 2: action 'relable', wanted relabel"),
        (["t1,,b,relabel,,,"], "1 line .* 't1' does not say which label it had"),
        (["t1,a,,relabel,,,"], "'t1' is to be relabelled, but to what"),
        (["t1,a,b,exclude,,,"], "'t1' has the action exclude and a new label 'b'"),
        (["t1,a,b,keep,,,"], "'t1' has the action keep and a new label 'b'"),
        (
            ["t1,a,b,relabel,,,", "t2,a,b,relabel,,,", "t1,a,c,relabel,,,"],
            "1 line .* line 4: row 't1' has anot",
        ),
        (["t1,a,b"], "3 cells in line 2, wanted 7"),
        (['"t1,a'], "no CSV file"),
    ],
)
def test_what_makes_no_sense_is_refused_counted_and_named(
    tmp_path: Path, lines: list[str], says: str
) -> None:
    """Nothing of such a patch is used."""
    with pytest.raises(InputError, match=says) as refused:
        read_patch(written(tmp_path, *lines))
    assert refused.value.hint


def test_other_files_are_refused(tmp_path: Path) -> None:
    """One that is not there, one with other columns, one that is empty, and one in another encoding."""
    with pytest.raises(ConfigError, match=r"none\.csv cannot be read: No such file"):
        read_patch(tmp_path / "none.csv")
    with pytest.raises(InputError, match="has the columns id,label"):
        read_patch(written(tmp_path, head="id,label\n"))
    with pytest.raises(InputError, match="has the columns of none"):
        read_patch(written(tmp_path, head=""))
    (tmp_path / "latin.csv").write_bytes((HEAD + "t1,bärtig,b,relabel,,,\n").encode("latin-1"))
    with pytest.raises(InputError, match="no CSV file"):
        read_patch(tmp_path / "latin.csv")
