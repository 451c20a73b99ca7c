"""A protocol's run over one slide: regions, fields, cells, classes; checkpoints and one final cell file."""

from hemaview.pipeline.protocol import Outcome, PipelineError, Plan, RunRequest, Sink, Superseded
from hemaview.pipeline.run import run

__all__ = ["Outcome", "PipelineError", "Plan", "RunRequest", "Sink", "Superseded", "run"]
