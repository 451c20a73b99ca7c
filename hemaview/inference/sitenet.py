"""A net that a laboratory has taught: tensors of its own in place of the shipped ones, and how sure it must be of each class.

One safetensors file: the tensors, and what they are for in its header. It says which shipped weights they belong to; on others
it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from hemaview.cells.store import sha256_of
from hemaview.inference.classifier import Classifier
from hemaview.inference.errors import TEACH_AGAIN, WeightsChanged, WeightsUnfit
from hemaview.inference.filmstatistics import Statistics, fit_for
from hemaview.words import gettext

HEADER = "hemaview-taught"
FORMAT = 1


@dataclass(frozen=True)
class Taught:
    """What a laboratory's labels changed of the shipped net `base`."""

    base: str
    """The shipped net's name."""
    base_sha256: str
    """Of the shipped weights that were taught."""
    tensors: Mapping[str, Tensor]
    """Name of a tensor of the net to its values."""
    temperature: float
    """By which its logits are divided."""
    least: Mapping[str, float]
    """Class to the least probability at which a cell may be that (`Card.least`)."""

    def by(self, model: Classifier, statistics: Statistics) -> Classifier:
        """The model of `base` as it was taught, with a film's statistics; raises WeightsChanged where the shipped weights are
        not those that were taught."""
        if model.info.name != self.base or model.info.sha256 != self.base_sha256:
            raise WeightsChanged(
                gettext(
                    "This site's net was taught from other weights of {base} than those installed; teach the site again."
                ).format(base=self.base),
                TEACH_AGAIN,
            )
        return fit_for(model, {**statistics, **self.tensors}).judging(self.temperature, {}, self.least)


def packed(taught: Taught) -> bytes:
    """It as the bytes of one safetensors file."""
    header = {
        "format": FORMAT,
        "base": taught.base,
        "base_sha256": taught.base_sha256,
        "temperature": taught.temperature,
        "least": dict(taught.least),
    }
    return save({k: v.contiguous() for k, v in taught.tensors.items()}, {HEADER: json.dumps(header)})


def read_taught(path: Path, sha256: str) -> Taught:
    """What `packed` made, from its file; raises WeightsChanged where the file is gone or another one,
    WeightsUnfit where it is none."""
    try:
        if sha256_of(path) != sha256:
            raise WeightsChanged(
                gettext("This site's net is damaged: the file does not match its record; teach the site again."),
                TEACH_AGAIN,
            )
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()[HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except OSError as error:
        raise WeightsChanged(
            gettext("This site's net is missing from the disk; restore it from a backup, or teach the site again."),
            TEACH_AGAIN,
        ) from error
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise WeightsUnfit(gettext("This site's net is not a file of taught weights."), TEACH_AGAIN) from error
    return Taught(header["base"], header["base_sha256"], tensors, float(header["temperature"]), header["least"])
