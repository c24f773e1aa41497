"""The scale network as ONNX: batch norm folded, pixel-unshuffle and first convolution made one."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lineart_train.scale.net import STRIDE, ScaleNet


def write_onnx(weights: Path, path: Path) -> None:
    """Write the network of a file of weights; input `sketch` (1, 1, H, W), output `octaves` (1, 2, H / 32, W / 32)."""
    model = ScaleNet()
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    model.eval()
    model.stem = nn.Sequential(_one_convolution(model.stem), nn.ReLU())
    sketch = torch.zeros(1, 1, 8 * STRIDE, 8 * STRIDE)
    sides = {2: "height", 3: "width"}
    torch.onnx.export(
        model,
        (sketch,),
        str(path),
        input_names=["sketch"],
        output_names=["octaves"],
        dynamic_axes={"sketch": sides, "octaves": {2: "rows", 3: "columns"}},
        opset_version=17,
        dynamo=False,
    )


def _one_convolution(stem: nn.Sequential) -> nn.Conv2d:
    """What unshuffles by 4, convolves 3 x 3 and normalises, as one convolution of 12 x 12 with stride 4."""
    fused = fuse_conv_bn_eval(cast("nn.Conv2d", stem[1]), cast("nn.BatchNorm2d", stem[2]))
    whole = nn.Conv2d(1, fused.out_channels, 12, 4, 4)
    cells = fused.weight.detach().reshape(-1, 4, 4, 3, 3).permute(0, 3, 1, 4, 2)
    whole.load_state_dict({"weight": cells.reshape(-1, 1, 12, 12), "bias": cast("torch.Tensor", fused.bias).detach()})
    return whole
