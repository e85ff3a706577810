"""Describes small pictures by the directions of their edges and by coarse colour. Learns nothing."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_plugins.pictures import Pixels

Described: TypeAlias = NDArray[np.float32]  # (n, d)
_Planes: TypeAlias = NDArray[np.float32]  # (n, c, h, w)

_DIRECTIONS = 8
# Edges of a picture in 4 x 4 parts and in 7 x 7; colour in 4 x 4.
_GRIDS = (4, 7)
_COLOUR_GRID = 4
# Edges tell more than shades; squared, this is the colours' share of all distance.
_COLOUR_WEIGHT = 0.3


def describe_pictures(pictures: Pixels) -> Described:
    """Describe pictures ``(n, h, w, 3)`` by rows of numbers of one scale, shape ``(n, 568)``.

    Histograms of edge directions, weighted by the strength of the edge, soft between neighbouring
    directions and parts (as in Dalal and Triggs 2005), and the mean colour of each part.
    """
    shades = pictures.astype(np.float32) / 255
    edges = _edge_directions(shades.mean(axis=3))
    parts = [_pooled(edges, grid) for grid in _GRIDS]
    described = np.sqrt(np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1))
    described /= np.maximum(np.linalg.norm(described, axis=1, keepdims=True), 1e-6)
    planes: _Planes = np.moveaxis(shades, 3, 1).astype(np.float32)
    colours = _pooled(planes, _COLOUR_GRID).reshape(len(shades), -1)
    colours *= _COLOUR_WEIGHT / np.sqrt(colours.shape[1])
    return np.concatenate([described, colours], axis=1).astype(np.float32)


def _edge_directions(shades: NDArray[np.float32]) -> _Planes:
    """Strength of the edges in each direction, shape (n, directions, h, w)."""
    down, right = np.zeros_like(shades), np.zeros_like(shades)
    down[:, 1:-1] = shades[:, 2:] - shades[:, :-2]
    right[:, :, 1:-1] = shades[:, :, 2:] - shades[:, :, :-2]
    strength = np.hypot(down, right)
    turn = np.arctan2(down, right) / (2 * np.pi) % 1 * _DIRECTIONS
    first = np.floor(turn)
    beyond = turn - first
    first = first.astype(np.intp) % _DIRECTIONS
    planes = np.zeros((len(shades), _DIRECTIONS, *shades.shape[1:]), dtype=np.float32)
    for direction in range(_DIRECTIONS):
        near = np.where(first == direction, 1 - beyond, 0)
        near += np.where((first + 1) % _DIRECTIONS == direction, beyond, 0)
        planes[:, direction] = strength * near
    return planes


def _pooled(planes: _Planes, grid: int) -> NDArray[np.float32]:
    """Sum over grid x grid parts, each fading into its neighbours, shape (n, c, grid, grid)."""
    height, width = (_tents(side, grid) for side in planes.shape[2:])
    pooled: NDArray[np.float32] = np.matmul(np.matmul(height, planes), width.T)
    return pooled


def _tents(side: int, grid: int) -> NDArray[np.float32]:
    """Weight of each pixel for each part, shape (grid, side); a part's weights sum to 1."""
    centres = (np.arange(grid) + 0.5) * side / grid
    away = np.abs(np.arange(side) + 0.5 - centres[:, None]) / (side / grid)
    tents = np.maximum(0.0, 1 - away)
    return np.asarray(tents / np.maximum(tents.sum(axis=1, keepdims=True), 1e-9), dtype=np.float32)
