"""EfficientNet-Lite0, after Tan and Le (2019), under the names of the weights that come in a package."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

# Repeats, kernel, stride, expansion and output channels of each stage.
_STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)]
_STAGES += [(3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]


class _Same(nn.Conv2d):  # type: ignore[misc]
    """A convolution that pads as TensorFlow does: the odd pixel right and below."""

    def forward(self, rows: Any) -> Any:
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = ((-(-n // stride) - 1) * stride + kernel - n for n in rows.shape[2:])
        left, top = max(width, 0) // 2, max(height, 0) // 2
        padded = functional.pad(rows, (left, max(width, 0) - left, top, max(height, 0) - top))
        return super().forward(padded)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class _Block(nn.Module):  # type: ignore[misc]
    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = before * expansion
        self._expand_conv = _Same(before, inner, 1, bias=False) if expansion > 1 else None
        self._bn0 = _norm(inner) if expansion > 1 else None
        self._depthwise_conv = _Same(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv = _Same(inner, after, 1, bias=False)
        self._bn2 = _norm(after)
        self._adds = stride == 1 and before == after

    def forward(self, rows: Any) -> Any:
        found = rows
        if self._expand_conv is not None and self._bn0 is not None:
            found = functional.relu6(self._bn0(self._expand_conv(found)))
        found = functional.relu6(self._bn1(self._depthwise_conv(found)))
        found = self._bn2(self._project_conv(found))
        return found + rows if self._adds else found


class _Net(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _Same(3, 32, 3, 2, bias=False), _norm(32)
        blocks, before = [], 32
        for repeats, kernel, stride, expansion, after in _STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(before, after, kernel, stride if repeat == 0 else 1, expansion))
                before = after
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _Same(before, 1280, 1, bias=False), _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, rows: Any) -> Any:
        found = functional.relu6(self._bn0(self._conv_stem(rows)))
        for block in self._blocks:
            found = block(found)
        found = functional.relu6(self._bn1(self._conv_head(found)))
        return self._fc(torch.flatten(functional.adaptive_avg_pool2d(found, 1), 1))


def build() -> nn.Module:
    """Return the network with weights that are still drawn by lot."""
    return _Net()
