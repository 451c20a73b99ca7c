"""A protocol's run over one slide: regions, fields, cells, classes; checkpoints and one final cell file (`run`).

Only words are given here; `pipeline.run` loads the models.
"""

from hemaview.pipeline.plan import Cancelled, Outcome, PipelineError, Plan, RunRequest, Sink, Superseded

__all__ = ["Cancelled", "Outcome", "PipelineError", "Plan", "RunRequest", "Sink", "Superseded"]
