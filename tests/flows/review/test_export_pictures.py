"""Corrected pictures: a table of files and labels, a folder a class, or the archive they came in."""

import csv
from pathlib import Path

import numpy as np
import pytest

from cl_core import ConfigError, InputError
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import open_kept
from cl_flows.review.export import export_corrected
from judging import judged


def test_folders_of_pictures_become_a_table_and_a_tree(tmp_path: Path) -> None:
    """The table is gated as it is; the tree holds the same bytes; names that clash get numbers."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("ash", "birch"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(20):
            shade = rng.integers(0, 60, (8, 8)) + (0 if name == "ash" else 180)
            Image.fromarray(shade.astype(np.uint8)).save(tmp_path / "photos" / name / f"{i}.png")
    raw = {
        "data": {"path": str(tmp_path / "photos")},
        "gate": {"max_noise_rate": 0.5, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    run_direct(make_config(raw, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    stands = judged(kept, {"ash/3.png": ("relabel", "birch"), "birch/4.png": ("none", "")})
    done = export_corrected(kept, stands, tmp_path / "new.csv", copy_to=tmp_path / "tree")
    assert (done.from_source, done.n_rows, done.n_laid_out) == (True, 39, 39)
    with (tmp_path / "new.csv").open(newline="") as file:
        rows = {row["file"]: row["label"] for row in csv.DictReader(file)}
    assert (rows["ash/3.png"], len(rows), "birch/4.png" in rows) == ("birch", 39, False)
    tree = tmp_path / "tree" / "birch"
    assert sorted(p.name for p in tree.iterdir()) == sorted(
        [*(f"{i}.png" for i in range(20) if i != 4), "3-2.png"]
    )
    moved = (tmp_path / "photos" / "ash" / "3.png").read_bytes()
    assert moved in [(tree / name).read_bytes() for name in ("3.png", "3-2.png")]
    with pytest.raises(InputError, match="no name of a folder"):
        export_corrected(
            kept,
            judged(kept, {"ash/5.png": ("relabel", "../x")}),
            tmp_path / "b.csv",
            copy_to=tmp_path / "b",
        )
    (tmp_path / "photos" / "ash" / "0.png").unlink()
    with pytest.raises(InputError, match=r"1 of 39 files are gone, the first 'ash/0\.png'"):
        export_corrected(kept, stands, tmp_path / "b.csv", copy_to=tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "b.csv").exists()


def test_a_table_of_pictures_stays_a_table(tmp_path: Path) -> None:
    """File names and labels in a TSV file: only label cells change, and the tree starts anew."""
    from PIL import Image

    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    lines = ["file\tlabel\tby"]
    for i in range(40):
        shade = rng.integers(0, 60, (8, 8)) + 180 * (i % 2)
        Image.fromarray(shade.astype(np.uint8)).save(tmp_path / "photos" / f"{i}.png")
        lines.append(f"{i}.png\t{('ash', 'birch')[i % 2]}\tkim")
    path = tmp_path / "photos" / "photos.tsv"
    path.write_text("\n".join(lines) + "\n")
    raw = {
        "data": {"path": str(path), "loader": "pictures"},
        "gate": {"max_noise_rate": 0.5, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    run_direct(make_config(raw, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    stands = judged(kept, {"0.png": ("relabel", "birch"), "1.png": ("ambiguous", "")})
    done = export_corrected(kept, stands, tmp_path / "new.tsv", copy_to=tmp_path / "tree")
    assert (done.from_source, done.n_laid_out) == (True, 39)
    lines[1] = lines[1].replace("ash", "birch")
    del lines[2]
    assert (tmp_path / "new.tsv").read_text() == "\n".join(lines) + "\n"
    assert (tmp_path / "tree" / "birch" / "0.png").exists()


def test_pictures_in_an_archive_that_is_gone_come_from_the_kept_rows(tmp_path: Path) -> None:
    """As an archive that can be gated again; another ending is refused with the right one."""
    rng = np.random.default_rng(0)
    labels = np.array(["ash", "birch"])[np.arange(40) % 2]
    images = (rng.integers(0, 60, (40, 8, 8)) + 180 * (np.arange(40) % 2)[:, None, None]).astype(np.uint8)
    path = tmp_path / "photos.npz"
    np.savez(path, labels=labels, images=images)
    raw = {
        "data": {"path": str(path)},
        "gate": {"max_noise_rate": 0.5, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    run_direct(make_config(raw, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    stands = judged(kept, {"0": ("relabel", "birch"), "1": ("none", "")})
    path.unlink()
    with pytest.raises(ConfigError, match=r"cannot be written as \.csv"):
        export_corrected(kept, stands, tmp_path / "new.csv")
    done = export_corrected(kept, stands, tmp_path / "new.npz")
    assert (done.from_source, done.n_rows) == (False, 39)
    with np.load(tmp_path / "new.npz") as new:
        assert new["labels"][:2].tolist() == ["birch", "ash"]
        np.testing.assert_array_equal(new["images"], np.delete(images, 1, axis=0))
    raw["data"] = {"path": str(tmp_path / "new.npz")}
    assert run_direct(make_config(raw, "test")).n_rows == 39
