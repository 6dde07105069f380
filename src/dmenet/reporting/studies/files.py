"""The files in which runs describe themselves."""

RUN_FILE = "run.json"
"""What a run is, from its start: see ``dmenet.reporting.studies.runs.Run``."""

FINISHED_FILE = "finished.json"
"""That it has reached its end: ``epochs``, ``objective``, ``settings``."""

JOB_FILE = "job.json"
"""How it went as a job of a multirun: ``state``, ``overrides``, and ``error`` if it failed."""

EVALUATION = "evaluation"
"""The folder of its results, one folder for each data module."""
